//! The file source: a flag file and the list files beside it, read whole, with a fingerprint of their content.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::Hasher;
use std::io::{self, Read};
use std::path::Path;

use siphasher::sip128::{Hasher128, SipHasher24};

use crate::error::Error;
use crate::flag_set::FlagSet;

/// The largest files that are read, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) file: u64,
    pub(crate) list: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { file: 32 << 20, list: 256 << 20 }
    }
}

/// The content of a flag file and of the lists that it names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetched {
    pub(crate) text: Vec<u8>,
    pub(crate) lists: BTreeMap<Box<str>, Result<Vec<u8>, String>>,
}

impl Fetched {
    pub(crate) fn of_text(text: &str) -> Fetched {
        Fetched { text: text.into(), lists: BTreeMap::new() }
    }

    /// Reads a flag file, then every list that it names.
    pub(crate) fn from_file(path: &Path, limits: Limits) -> Result<Fetched, Error> {
        let text =
            read_up_to(path, limits.file).map_err(|error| Error::io(path.display().to_string(), error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let lists = crate::resolve::list_paths(&text)
            .into_iter()
            .map(|list| {
                let content =
                    read_up_to(&folder.join(&*list), limits.list).map_err(|error| error.to_string());
                (list, content)
            })
            .collect();
        Ok(Fetched { text, lists })
    }

    /// What the content means.
    pub(crate) fn read(&self) -> Result<FlagSet, Error> {
        FlagSet::read(&self.text, |list| match self.lists.get(list) {
            Some(content) => content.clone(),
            None => Err("there is no such list beside this text".to_owned()),
        })
    }

    /// SipHash-2-4-128 over everything, names and lengths included: equal content, equal fingerprint.
    pub(crate) fn fingerprint(&self) -> u128 {
        let mut hasher = SipHasher24::new_with_key(b"waterspout/files");
        let mut add = |bytes: &[u8]| {
            hasher.write_u64(bytes.len() as u64);
            hasher.write(bytes);
        };
        add(&self.text);
        for (name, content) in &self.lists {
            add(name.as_bytes());
            match content {
                Ok(bytes) => add(bytes),
                Err(why) => add(why.as_bytes()),
            }
        }
        hasher.finish128().as_u128()
    }
}

/// Reads a whole file; one that is larger than `most` is refused before it fills the memory.
fn read_up_to(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(most)).unwrap_or(0));
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = match most >> 20 {
            0 => format!("is larger than {most} bytes, the most that is read"),
            mebibytes => format!("is larger than {mebibytes} MiB, the most that is read"),
        };
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}
