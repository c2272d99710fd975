//! The disk itself: what a sync costs that makes as many bytes durable, and how many bytes a run writes.
//!
//! What always holds: the file's blocks exist before they are written, so that a sync records nothing but their content.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use echo_storage::clock::Stopwatch;

/// How large the file is that is written round and round.
const FILE_BYTES: u64 = 64 * 1024 * 1024;

/// A file that is written and synced.
pub(crate) struct Disk {
    file: File,
    at: u64,
}

impl Disk {
    /// A file at this path with all its blocks.
    pub(crate) fn create(path: &Path) -> Self {
        let file = File::options().create(true).truncate(true).read(true).write(true).open(path);
        let file = file.expect("a file can be made");
        let zeros = vec![0; 1024 * 1024];
        for block in 0..FILE_BYTES / zeros.len() as u64 {
            file.write_all_at(&zeros, block * zeros.len() as u64).expect("the disk has room");
        }
        file.sync_all().expect("the file can be synced");
        Self { file, at: 0 }
    }

    /// How long each of so many writes of so many bytes took until it was durable, in milliseconds.
    pub(crate) fn sync(&mut self, bytes: u64, count: usize) -> Vec<f64> {
        let data = vec![0x5a; usize::try_from(bytes.min(FILE_BYTES)).unwrap_or(0)];
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            if self.at + data.len() as u64 > FILE_BYTES {
                self.at = 0;
            }
            let stopwatch = Stopwatch::new();
            self.file.write_all_at(&data, self.at).expect("the file can be written");
            self.file.sync_data().expect("the file can be synced");
            times.push(stopwatch.elapsed().as_secs_f64() * 1e3);
            self.at += data.len() as u64;
        }
        times
    }
}

/// How many bytes this process has written so far, to whatever; nothing where the system does not tell.
pub(crate) fn written_bytes() -> Option<u64> {
    let io = std::fs::read_to_string("/proc/self/io").ok()?;
    io.lines().find_map(|line| line.strip_prefix("wchar: ")?.trim().parse().ok())
}

/// The file system below a directory and its kind, as Linux tells.
pub(crate) fn file_system(directory: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let directory = directory.canonicalize().ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split_whitespace();
        let (device, at, kind) = (fields.next()?, fields.next()?, fields.next()?);
        directory.starts_with(at).then(|| (at.len(), format!("{kind} on {device}")))
    });
    mounts.max_by_key(|(length, _)| *length).map(|(_, name)| name)
}
