//! A connection that carries the lines of an MCP client, got with nothing but a socket.
//!
//! A bridge is there once for each client and does little, so it should be little: what [`client`](super::client) needs for
//! its waiting and reading takes more memory than all the rest of a bridge. This says the same three things to the host, one
//! after the other.
//!
//! What always holds: where the host is not there, or says anything but yes, there is no connection, and whoever wants to
//! know why asks through the client. No wait is without its end.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use serde::Serialize;

use super::address::Address;
use super::protocol::{Hello, PROTOCOL, Request, Response, Want, Welcome, WelcomeAnswer};
use crate::doors::mcp::door::Door;

/// How long each thing that is waited for may take, in milliseconds.
const EACH_MS: u64 = 5_000;

/// How long an answer may be, in bytes: what is waited for here is short.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// A connection to the host of a store that carries the lines of a client at this door; nothing where there is none to be
/// had.
pub fn lines(address: &Address, door: &Door) -> Option<UnixStream> {
    address.check().ok()?;
    let mut stream = connect(&address.socket).ok()?;
    shake(&mut stream, door).ok()?.then_some(stream)
}

/// Connects. A host that is stopped accepts nobody, so that connecting takes a while, too.
fn connect(socket: &Path) -> io::Result<UnixStream> {
    let each = Some(Duration::from_millis(EACH_MS));
    let made = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::empty(), None)?;
    rustix::io::fcntl_setfd(&made, rustix::io::FdFlags::CLOEXEC)?;
    set_socket_timeout(&made, Timeout::Send, each)?;
    set_socket_timeout(&made, Timeout::Recv, each)?;
    rustix::net::connect(&made, &SocketAddrUnix::new(socket)?)?;
    Ok(made.into())
}

/// Greets the host and asks for the door; whether both were answered with yes. How long what is carried from then on
/// may take is for whoever carries it to say.
fn shake(stream: &mut UnixStream, door: &Door) -> io::Result<bool> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let hello = Hello { protocol: PROTOCOL, version, want: Want::Talk, token: None };
    send(stream, &json(&hello)?)?;
    let welcome: Welcome = serde_json::from_slice(&receive(stream)?)?;
    if welcome.answer != WelcomeAnswer::Talk {
        return Ok(false);
    }
    send(stream, &postcard::to_stdvec(&Request::Mcp(door.clone())).map_err(io::Error::other)?)?;
    let done = postcard::to_stdvec(&Response::Done).map_err(io::Error::other)?;
    let is_done = receive(stream)? == done;
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)?;
    Ok(is_done)
}

fn json(message: &impl Serialize) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(message)?)
}

/// Sends a frame as [`wire`](super::wire) has them.
fn send(stream: &mut UnixStream, message: &[u8]) -> io::Result<()> {
    let bytes = u32::try_from(message.len()).map_err(io::Error::other)?;
    stream.write_all(&[&bytes.to_be_bytes(), message].concat())
}

/// Waits for a frame, and takes nothing of what comes behind it.
fn receive(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes)?;
    let bytes = usize::try_from(u32::from_be_bytes(bytes)).map_err(io::Error::other)?;
    if bytes > MAX_ANSWER_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; bytes];
    stream.read_exact(&mut message)?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a door where the host gives these answers, one after the other, and goes.
    fn answered(answers: &[Vec<u8>]) -> bool {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        for answer in answers {
            theirs.write_all(answer).unwrap();
        }
        theirs.shutdown(std::net::Shutdown::Write).unwrap();
        ours.set_read_timeout(Some(Duration::from_millis(EACH_MS))).unwrap();
        let is_open = shake(&mut ours, &Door::Everyone).unwrap_or(false);
        assert!(!is_open || ours.read_timeout().unwrap().is_none(), "lines may be far apart");
        is_open
    }

    fn frame(message: &[u8]) -> Vec<u8> {
        let bytes = u32::try_from(message.len()).unwrap();
        [&bytes.to_be_bytes(), message].concat()
    }

    #[test]
    fn only_a_host_that_says_yes_twice_opens_its_door() {
        let welcome = |answer| {
            let welcome = Welcome { protocol: PROTOCOL, version: "1".to_owned(), pid: 7, answer };
            frame(&serde_json::to_vec(&welcome).unwrap())
        };
        let response = |response: &Response| frame(&postcard::to_stdvec(response).unwrap());
        let check =
            |answers: &[Vec<u8>], expected: bool| assert_eq!(answered(answers), expected, "{answers:?}");
        let talk = welcome(WelcomeAnswer::Talk);
        check(&[talk.clone(), response(&Response::Done)], true);
        check(&[talk.clone(), response(&Response::Value(None))], false);
        check(&[welcome(WelcomeAnswer::OtherProtocol), response(&Response::Done)], false);
        check(std::slice::from_ref(&talk), false);
        check(&[talk, u32::MAX.to_be_bytes().to_vec()], false);
        check(&[frame(b"no json")], false);
        check(&[], false);
    }

    #[test]
    fn where_nobody_listens_there_is_no_connection() {
        let directory = tempfile::tempdir().unwrap();
        let address = Address::of(&directory.path().join("org.redb"), directory.path()).unwrap();
        assert!(lines(&address, &Door::Everyone).is_none());
        drop(std::os::unix::net::UnixListener::bind(&address.socket).unwrap());
        assert!(lines(&address, &Door::Everyone).is_none());
    }
}
