//! Streams whose other side must take what is written to it, in time.
//!
//! What always holds: what waits to be taken waits [`TAKE_MS`] at most; then the connection fails, and whoever wrote ends
//! with it. As long as some of it is taken, the time begins anew.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How long a client may take to take anything of what waits for it, in milliseconds.
pub(super) const TAKE_MS: u64 = 30_000;

/// A stream that gives up whoever does not read.
#[derive(Debug)]
pub(super) struct Taken<S> {
    stream: S,
    within: Duration,
    /// Since something waits to be taken: when it is too late.
    late: Option<Pin<Box<Sleep>>>,
}

impl<S> Taken<S> {
    /// The stream, whose other side has so long to take anything.
    pub(super) fn within(stream: S, within: Duration) -> Self {
        Self { stream, within, late: None }
    }

    /// What comes of writing: too late, where nothing could be written for too long.
    fn timely<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.late = None;
            return written;
        }
        let late = self.late.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.within)));
        late.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Taken<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Taken<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.timely(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.timely(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.timely(context, shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.timely(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Goal: whoever reads slowly is served, whoever does not is given up. Method: a pipe that holds eight bytes.
    #[test]
    fn only_who_takes_nothing_is_given_up() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (ours, mut theirs) = tokio::io::duplex(8);
            let mut ours = Taken::within(ours, Duration::from_millis(50));
            let reads = tokio::spawn(async move {
                let mut read = [0; 64];
                theirs.read_exact(&mut read).await.unwrap();
                theirs
            });
            ours.write_all(&[7; 64]).await.unwrap();
            let _theirs = reads.await.unwrap();
            ours.write_all(&[7; 8]).await.unwrap();
            let given_up = tokio::time::timeout(Duration::from_secs(20), ours.write_all(&[7; 8])).await;
            assert_eq!(given_up.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        });
    }
}
