//! The last good copy: what a start falls back on when the source cannot be used.
//!
//! One file that holds the flag file and its lists, each with its length, under a line with the fingerprint of all. It is
//! written beside its place, forced to disk and renamed, so that a crash at any point leaves the old copy or the new.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::file::Fetched;
use crate::error::Error;

const MARK: &str = "waterspout last good copy 1";

/// Writes the copy.
pub(crate) fn write(path: &Path, fetched: &Fetched) -> Result<(), Error> {
    try_write(path, fetched).map_err(|error| Error::io(format!("{}", path.display()), error))
}

fn try_write(path: &Path, fetched: &Fetched) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = Path::new(&beside);
    let written = write_and_rename(beside, path, fetched);
    if written.is_err() {
        // What could not be finished is in nobody's way; that it could not be removed either says nothing new.
        let _ = fs::remove_file(beside);
    }
    written
}

fn write_and_rename(beside: &Path, path: &Path, fetched: &Fetched) -> io::Result<()> {
    let mut file = File::create(beside)?;
    file.write_all(&encode(fetched))?;
    file.sync_all()?;
    drop(file);
    fs::rename(beside, path)?;
    // The rename itself is only safe once the folder is on disk.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Reads the copy, if it is whole.
pub(crate) fn read(path: &Path) -> Result<Fetched, Error> {
    let read = fs::read(path).and_then(|bytes| {
        decode(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "is no whole last good copy"))
    });
    read.map_err(|error| Error::io(path.display().to_string(), error))
}

fn encode(fetched: &Fetched) -> Vec<u8> {
    let mut bytes = format!("{MARK} {:032x}\n", fetched.fingerprint()).into_bytes();
    let mut add = |name: &str, content: &[u8]| {
        bytes.extend(format!("{} {name}\n", content.len()).into_bytes());
        bytes.extend(content);
        bytes.push(b'\n');
    };
    add("", &fetched.text);
    for (name, content) in &fetched.lists {
        if let Ok(content) = content {
            add(name, content);
        }
    }
    bytes
}

fn decode(bytes: &[u8]) -> Option<Fetched> {
    let (head, mut rest) = line(bytes)?;
    let fingerprint = head.strip_prefix(MARK)?.strip_prefix(' ')?;
    let fingerprint = u128::from_str_radix(fingerprint, 16).ok()?;
    let mut parts = BTreeMap::new();
    while !rest.is_empty() {
        let (head, after) = line(rest)?;
        let (length, name) = head.split_once(' ')?;
        let (content, after) = after.split_at_checked(length.parse().ok()?)?;
        parts.insert(Box::from(name), Ok(content.to_vec()));
        rest = after.strip_prefix(b"\n")?;
    }
    let text = parts.remove("")?.ok()?;
    let fetched = Fetched { text, lists: parts };
    (fetched.fingerprint() == fingerprint).then_some(fetched)
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((std::str::from_utf8(line).ok()?, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Fetched {
        let lists = [("a.txt", "ada\n"), ("lists/b b.txt", "1\n\n2\n")];
        let lists = lists.map(|(name, content)| (Box::from(name), Ok(content.into())));
        Fetched { text: b"{}\n{}".to_vec(), lists: lists.into() }
    }

    #[test]
    fn a_copy_reads_as_it_was_written() {
        let copy = decode(&encode(&sample())).unwrap();
        assert_eq!((copy.text, copy.lists), (sample().text, sample().lists));
    }

    #[test]
    fn a_copy_that_is_cut_or_changed_anywhere_is_none() {
        let whole = encode(&sample());
        for cut in 0..whole.len() {
            assert!(decode(&whole[..cut]).is_none(), "cut at {cut}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(decode(&changed).is_none(), "changed at {at}");
        }
    }
}
