//! The last good copy: what a start falls back on when the source cannot be used.
//!
//! One file that holds the flag file and its lists, each with its length, under a line with the checksum of all. It is
//! written beside its place, forced to disk and renamed, so that a crash at any point leaves the old copy or the new.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::source::Content;
use crate::error::Error;

const MARK: &str = "waterspout last good copy 1";

/// What the copy holds: the content that serves, and the fingerprint of one that was rolled back.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) content: Arc<Content>,
    pub(super) held_back: Option<u128>,
}

/// Writes the copy.
pub(super) fn write(path: &Path, copy: &Copy) -> Result<(), Error> {
    try_write(path, copy).map_err(|error| Error::io(path.display().to_string(), error))
}

fn try_write(path: &Path, copy: &Copy) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = Path::new(&beside);
    let written = write_and_rename(beside, path, copy);
    if written.is_err() {
        // What could not be finished is in nobody's way; that it could not be removed either says nothing new.
        let _ = fs::remove_file(beside);
    }
    written
}

fn write_and_rename(beside: &Path, path: &Path, copy: &Copy) -> io::Result<()> {
    let mut file = File::create(beside)?;
    file.write_all(&encode(copy))?;
    file.sync_all()?;
    drop(file);
    fs::rename(beside, path)?;
    // The rename itself is only safe once the folder is on disk.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Reads the copy, if it is whole.
pub(super) fn read(path: &Path) -> Result<Copy, Error> {
    let read = fs::read(path).and_then(|bytes| {
        decode(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "is no whole last good copy"))
    });
    read.map_err(|error| Error::io(path.display().to_string(), error))
}

fn encode(copy: &Copy) -> Vec<u8> {
    let mut body = format!("held back {:032x}\n", copy.held_back.unwrap_or(0)).into_bytes();
    let mut add = |name: &str, content: &[u8]| {
        body.extend(format!("{} {name}\n", content.len()).into_bytes());
        body.extend(content);
        body.push(b'\n');
    };
    for (index, layer) in copy.content.layers().enumerate() {
        add(&format!("{index} "), &layer.text);
        for (name, content) in &layer.lists {
            if let Ok(content) = content {
                add(&format!("{index} {name}"), content);
            }
        }
    }
    let mut bytes = format!("{MARK} {:032x}\n", checksum(&body)).into_bytes();
    bytes.extend(body);
    bytes
}

fn checksum(body: &[u8]) -> u128 {
    Content::of(body).fingerprint()
}

fn decode(bytes: &[u8]) -> Option<Copy> {
    let (head, body) = line(bytes)?;
    let sum = head.strip_prefix(MARK)?.strip_prefix(' ')?;
    if u128::from_str_radix(sum, 16).ok()? != checksum(body) {
        return None;
    }
    let (held_back, mut rest) = line(body)?;
    let held_back = u128::from_str_radix(held_back.strip_prefix("held back ")?, 16).ok()?;
    let mut layers: Vec<Content> = Vec::new();
    while !rest.is_empty() {
        let (head, after) = line(rest)?;
        let (length, name) = head.split_once(' ')?;
        let (content, after) = after.split_at_checked(length.parse().ok()?)?;
        // The text of a layer stands before its lists, and the layers in their order.
        match name.split_once(' ')? {
            (index, "") if index.parse() == Ok(layers.len()) => layers.push(Content::of(content)),
            (index, list) => layers.get_mut(index.parse::<usize>().ok()?)?.add_list(list, content),
        }
        rest = after.strip_prefix(b"\n")?;
    }
    let content = layers.into_iter().reduce(Content::under)?;
    Some(Copy {
        content: Arc::new(content),
        held_back: Some(held_back).filter(|fingerprint| *fingerprint != 0),
    })
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((std::str::from_utf8(line).ok()?, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Copy {
        let content = Content::of("{}\n{}").list("a.txt", "ada\n").list("lists/b b.txt", "1\n\n2\n");
        let content = content.under(Content::of("{ }").list("a.txt", "grace\n")).under(Content::of(""));
        Copy { content: Arc::new(content), held_back: Some(7) }
    }

    #[test]
    fn a_copy_reads_as_it_was_written() {
        let copy = decode(&encode(&sample())).unwrap();
        assert_eq!(copy.content.fingerprint(), sample().content.fingerprint());
        assert_eq!(copy.held_back, Some(7));
        let unheld = Copy { held_back: None, ..sample() };
        assert_eq!(decode(&encode(&unheld)).unwrap().held_back, None);
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
