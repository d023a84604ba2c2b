//! Regular files: opened without waiting for anybody, and read up to a limit.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Opens a regular file. Whatever else stands there is refused; what is swapped in meanwhile is refused too, and not
/// waited for.
pub(super) fn open(path: &Path) -> io::Result<(File, Metadata)> {
    // Asked before, since merely to open a device may do something.
    regular(&fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    never_wait(&mut options);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    regular(&metadata)?;
    Ok((file, metadata))
}

/// Reads a whole file; one that is larger than `most` is refused before it fills the memory.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (file, metadata) = open(path)?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(most)).unwrap_or(0));
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, too_large(most)));
    }
    Ok(bytes)
}

fn too_large(most: u64) -> String {
    const MEBIBYTE: u64 = 1 << 20;
    if most >= MEBIBYTE && most % MEBIBYTE == 0 {
        format!("is larger than {} MiB, the most that is read", most / MEBIBYTE)
    } else {
        format!("is larger than {most} bytes, the most that is read")
    }
}

fn regular(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is not a regular file"));
    }
    Ok(())
}

/// To open a pipe is to wait for whoever writes to it, unless the system is asked not to.
#[cfg(unix)]
fn never_wait(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(o_nonblock());
}

#[cfg(not(unix))]
fn never_wait(_options: &mut OpenOptions) {}

/// `O_NONBLOCK`, a part of each system's binary interface. None where it is not known here: the file is then looked at
/// before it is opened, and no more.
#[cfg(unix)]
const fn o_nonblock() -> i32 {
    let odd = cfg!(any(
        target_arch = "mips",
        target_arch = "mips64",
        target_arch = "sparc",
        target_arch = "sparc64"
    ));
    let linux = cfg!(any(target_os = "linux", target_os = "android"));
    let berkeley = cfg!(any(
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly"
    ));
    match (linux && !odd, berkeley) {
        (true, _) => 0o4000,
        (_, true) => 4,
        _ => 0,
    }
}
