//! The last good copy: what a start falls back on when the source cannot be used.
//!
//! One file that holds the flag file and its lists, each with its length, under a line with the length and the checksum
//! of all. It is written beside its place, forced to disk, read back and renamed, so that a crash at any point, and a disk
//! that loses what it said it wrote, leave the old copy or the new.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::regular;
use super::source::{Content, fingerprint_of};
use crate::error::Error;

const MARK: &str = "waterspout last good copy 1";

/// No head is as long as this: what has no end in its first line is no copy.
const LONGEST_HEAD: u64 = 128;

/// What the copy holds: the content that serves, and the fingerprint of one that was rolled back.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) content: Arc<Content>,
    pub(super) held_back: Option<u128>,
}

/// Where a loader keeps its copy.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Where it is written, before it takes its place: no other loader's, on this machine.
    beside: PathBuf,
}

impl Place {
    pub(super) fn new(path: PathBuf) -> Place {
        static LOADERS: AtomicU64 = AtomicU64::new(0);
        let loader = LOADERS.fetch_add(1, Ordering::Relaxed);
        let mut beside = path.clone().into_os_string();
        beside.push(format!(".{}.{loader}.new", std::process::id()));
        Place { path, beside: beside.into() }
    }

    /// Writes the copy.
    pub(super) fn write(&self, copy: &Copy) -> Result<(), Error> {
        let written = self.write_and_rename(&encode(copy));
        if written.is_err() {
            // What could not be finished is in nobody's way; that it could not be removed either says nothing new.
            let _ = fs::remove_file(&self.beside);
        }
        written.map_err(|error| self.told(error))
    }

    fn write_and_rename(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(&self.beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        let (mut file, _) = regular::open(&self.beside)?;
        let mut rest = Same(bytes);
        io::copy(&mut file, &mut rest)?;
        rest.end()?;
        drop(file);
        fs::rename(&self.beside, &self.path)?;
        self.sync_folder()
    }

    /// The rename itself is only safe once the folder is on disk.
    #[cfg(unix)]
    fn sync_folder(&self) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match File::open(folder.unwrap_or(Path::new(".")))?.sync_all() {
            // A file system that knows no such thing has no more to give.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }

    #[cfg(not(unix))]
    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }

    /// Reads the copy, if there is one and it is whole.
    pub(super) fn read(&self) -> Result<Option<Copy>, Error> {
        match self.try_read() {
            Ok(copy) => Ok(Some(copy)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.told(error)),
        }
    }

    fn try_read(&self) -> io::Result<Copy> {
        let not_whole = || io::Error::new(io::ErrorKind::InvalidData, "is no whole last good copy");
        let (file, metadata) = regular::open(&self.path)?;
        let mut file = BufReader::new(file);
        // Nothing is read of what is no copy but the beginning.
        let mut head = Vec::new();
        (&mut file).take(LONGEST_HEAD).read_until(b'\n', &mut head)?;
        let (length, sum) = parse_head(&head).ok_or_else(not_whole)?;
        if metadata.len() != head.len() as u64 + length {
            return Err(not_whole());
        }
        let mut body = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(length).read_to_end(&mut body)?;
        let whole = body.len() as u64 == length && fingerprint_of(&body) == sum;
        decode(&body).filter(|_| whole).ok_or_else(not_whole)
    }

    fn told(&self, error: io::Error) -> Error {
        Error::io(self.path.display().to_string(), error)
    }
}

/// Takes what is read back as long as it is what was written.
struct Same<'b>(&'b [u8]);

impl Same<'_> {
    fn end(self) -> io::Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Self::differs()) }
    }

    fn differs() -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, "the disk does not give back what was written")
    }
}

impl Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or_else(Self::differs)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn encode(copy: &Copy) -> Vec<u8> {
    let mut body = format!("held back {:032x}\n", copy.held_back.unwrap_or(0)).into_bytes();
    let mut add = |layer: usize, name: &str, content: &[u8]| {
        body.extend(format!("{layer} {} {}\n{name}", name.len(), content.len()).into_bytes());
        body.extend(content);
        body.push(b'\n');
    };
    for (index, layer) in copy.content.layers().enumerate() {
        add(index, "", &layer.text);
        for (name, content) in &layer.lists {
            if let Ok(content) = content {
                add(index, name, content);
            }
        }
    }
    let mut bytes = format!("{MARK} {} {:032x}\n", body.len(), fingerprint_of(&body)).into_bytes();
    bytes.extend(body);
    bytes
}

/// The length of what follows, and its checksum.
fn parse_head(head: &[u8]) -> Option<(u64, u128)> {
    let (head, rest) = line(head)?;
    let (length, sum) = head.strip_prefix(MARK)?.strip_prefix(' ')?.split_once(' ')?;
    let sum = u128::from_str_radix(sum, 16).ok()?;
    rest.is_empty().then_some((length.parse().ok()?, sum))
}

fn decode(body: &[u8]) -> Option<Copy> {
    let (held_back, mut rest) = line(body)?;
    let held_back = u128::from_str_radix(held_back.strip_prefix("held back ")?, 16).ok()?;
    let mut layers: Vec<Content> = Vec::new();
    while !rest.is_empty() {
        let (head, after) = line(rest)?;
        let mut numbers = head.split(' ').map(|number| number.parse::<usize>().ok());
        let mut next = || numbers.next().flatten();
        let (index, name, content) = (next()?, next()?, next()?);
        let (name, after) = after.split_at_checked(name)?;
        let (content, after) = after.split_at_checked(content)?;
        // The text of a layer stands before its lists, and the layers in their order.
        match std::str::from_utf8(name).ok()? {
            "" if index == layers.len() => layers.push(Content::of(content)),
            list => layers.get_mut(index)?.add_list(list, content),
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
        let content = Content::of("{}\n{}").list("a.txt", "ada\n").list("lists/b b\nb.txt", "1\n\n2\n");
        let content = content.under(Content::of("{ }").list("a.txt", "grace\n")).under(Content::of(""));
        Copy { content: Arc::new(content), held_back: Some(7) }
    }

    fn read(bytes: &[u8]) -> Option<Copy> {
        let path = std::env::temp_dir().join(format!("waterspout-copy-{}", std::process::id()));
        fs::write(&path, bytes).unwrap();
        Place::new(path).read().ok().flatten()
    }

    #[test]
    fn a_copy_reads_as_it_was_written_and_one_that_is_cut_or_changed_anywhere_is_none() {
        let whole = encode(&sample());
        let copy = read(&whole).unwrap();
        assert_eq!(copy.content.fingerprint(), sample().content.fingerprint());
        assert_eq!(copy.held_back, Some(7));
        let unheld = Copy { held_back: None, ..sample() };
        assert_eq!(read(&encode(&unheld)).unwrap().held_back, None);
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_none(), "cut at {cut}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(read(&changed).is_none(), "changed at {at}");
        }
        assert!(read(&[&whole[..], b"\n"].concat()).is_none(), "longer than it says");
    }

    #[test]
    fn what_is_read_back_must_be_what_was_written() {
        let holds = |read: &[&str]| {
            let mut rest = Same(b"whole");
            let read = read.iter().try_for_each(|part| rest.write_all(part.as_bytes()));
            read.and_then(|()| rest.end()).is_ok()
        };
        assert!(holds(&["who", "le"]));
        for lost in [&[][..], &["who"], &["whole", "s"], &["wh", "ale"]] {
            assert!(!holds(lost), "{lost:?}");
        }
    }
}
