//! Replacing a file as a whole: whoever reads it sees the old content or the new one, never a part.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The file has the new content.
    Done,
    /// The file is not any more what it was: it was left alone.
    ChangedMeanwhile,
}

/// Gives a file new content if it still has the old one. A link stays a link, and permissions stay.
///
/// The content is written beside the file, brought to the disk, and moved over it.
pub fn replace(path: &Path, old: &[u8], new: &[u8]) -> io::Result<Replaced> {
    // Where a link leads: the link itself is not replaced.
    let path = fs::canonicalize(path)?;
    let metadata = fs::metadata(&path)?;
    if metadata.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let beside = Beside::create(&path)?;
    let mut file = &beside.file;
    file.write_all(new)?;
    keep_owner(file, &metadata);
    file.set_permissions(metadata.permissions())?;
    file.sync_all()?;
    if fs::read(&path)? != old {
        return Ok(Replaced::ChangedMeanwhile);
    }
    beside.move_over(&path)?;
    Ok(Replaced::Done)
}

/// Who may not give files away keeps them.
#[cfg(unix)]
fn keep_owner(file: &File, metadata: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let _ = fchown(file, Some(metadata.uid()), Some(metadata.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}

/// A new file in the folder of another, removed unless it is moved over it.
struct Beside {
    path: PathBuf,
    file: File,
}

impl Beside {
    fn create(path: &Path) -> io::Result<Beside> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
        let mut number = 0;
        loop {
            let path = path.with_file_name(format!(".{name}.{}-{number}.new", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Beside { path, file }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn move_over(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        // Nothing is left to be removed.
        self.path = PathBuf::new();
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}
