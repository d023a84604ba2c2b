//! Reading a flag file and the lists beside it, for every command. `-` is stdin; lists then stand beside the current
//! directory.
//!
//! The limits are those of the library's loader: what a service reads, a tool reads.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use waterspout::Error;
use waterspout::flag_set::FlagSet;
use waterspout_review::Place;

use crate::exit::{Stop, Trouble};
use crate::git::Revision;
use crate::render;

/// The largest flag file, in bytes.
const MAX_FILE: u64 = 32 << 20;

/// The largest list file, in bytes.
const MAX_LIST: u64 = 256 << 20;

/// The text of a flag file, and where its lists are.
#[derive(Debug)]
pub struct FlagFile {
    name: String,
    text: Vec<u8>,
    home: Home,
}

/// Where the lists of a flag file are.
#[derive(Debug)]
enum Home {
    Folder(PathBuf),
    Revision(Revision),
}

impl FlagFile {
    /// Reads the text.
    ///
    /// Only what keeps the text from being read stops here; what is wrong in it is found by [`FlagFile::flag_set`].
    pub fn open(path: &Path) -> Result<FlagFile, Stop> {
        let name = shown(path);
        let text = read_path(path, MAX_FILE)
            .map_err(|error| Trouble::new(format!("`{name}` cannot be read: {}", in_plain_words(&error))))?;
        let folder = if is_stdin(path) { Path::new("") } else { path.parent().unwrap_or(Path::new("")) };
        Ok(FlagFile { name, text, home: Home::Folder(folder.to_owned()) })
    }

    /// Reads the text as a git revision has it, and its lists from there too; `None` if the file is not in it.
    pub fn of_revision(revision: Revision) -> Result<Option<FlagFile>, Stop> {
        let name = revision.to_string();
        let read = revision.read()?;
        Ok(read.map(|text| FlagFile { name, text, home: Home::Revision(revision) }))
    }

    /// A file without flags, under the name of one that is not there.
    pub fn without_flags(name: &str) -> FlagFile {
        let text = br#"{"version": 1, "flags": {}}"#.to_vec();
        FlagFile { name: name.to_owned(), text, home: Home::Folder(PathBuf::new()) }
    }

    /// What the text means, or what is wrong with it.
    pub fn flag_set(&self) -> Result<FlagSet, Error> {
        FlagSet::read(&self.text, |list| self.list(list).map_err(|error| in_plain_words(&error)))
    }

    /// What the text would mean, were it edited so.
    pub fn edited(&self, text: &str) -> Result<FlagSet, Error> {
        FlagSet::read(text.as_bytes(), |list| self.list(list).map_err(|error| in_plain_words(&error)))
    }

    /// What the text means; if it is refused, the findings are told on stderr.
    pub fn flag_set_or_tell(&self) -> Result<FlagSet, Stop> {
        self.flag_set().map_err(|error| {
            render::tell_refused(self, error.diagnostics());
            Stop::Refused
        })
    }

    /// The file's name as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the file that a place is in: this one, or a list.
    pub fn name_of(&self, place: &Place) -> String {
        match (place.list.as_deref(), &self.home) {
            (None, _) => self.name.clone(),
            (Some(list), Home::Folder(folder)) => shown(&folder.join(list)),
            (Some(list), Home::Revision(revision)) => format!("{list} beside {revision}"),
        }
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The text of a file that was read: it is one.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// The content of a list, by the name that the flag file has for it.
    pub fn list(&self, list: &str) -> io::Result<Vec<u8>> {
        match &self.home {
            Home::Folder(folder) => read_path_up_to(&folder.join(list), MAX_LIST),
            Home::Revision(revision) => revision.list(list),
        }
    }
}

/// Whether a path stands for stdin.
pub fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// A path as messages show it.
pub fn shown(path: &Path) -> String {
    if is_stdin(path) { "<stdin>".to_owned() } else { path.to_string_lossy().into_owned() }
}

/// Why something cannot be read, without numbers of the operating system.
pub fn in_plain_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is no folder".to_owned(),
        _ => error.to_string(),
    }
}

fn read_path(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    if is_stdin(path) { read_up_to(io::stdin().lock(), most) } else { read_path_up_to(path, most) }
}

fn read_path_up_to(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    read_up_to(file, most)
}

/// Reads all there is; what is larger than `most` is refused before it fills the memory.
fn read_up_to(source: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it is larger than {} MiB, the most that is read", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}
