//! Files as a git repository has them: `main:flags.json`, read by the program `git`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::exit::Trouble;

/// A file of a revision, and the folder beside it.
#[derive(Clone, Debug)]
pub struct Revision {
    /// A branch, a tag, a commit; empty for what is staged.
    reference: String,
    path: String,
}

impl Revision {
    /// Takes `REF:PATH` apart. `None` if it is not written so.
    pub fn parse(text: &str) -> Option<Revision> {
        let (reference, path) = text.split_once(':')?;
        (!path.is_empty()).then(|| Revision { reference: reference.to_owned(), path: path.to_owned() })
    }

    /// The path of the same file in the working tree.
    pub fn in_working_tree(&self) -> Result<PathBuf, Trouble> {
        if self.path.starts_with("./") || self.path.starts_with("../") {
            return Ok(PathBuf::from(&self.path));
        }
        let top = String::from_utf8_lossy(&asked(&["rev-parse", "--show-cdup"])?.stdout).trim().to_owned();
        Ok(Path::new(&top).join(&self.path))
    }

    /// The content; `None` if the revision is there and the file is not.
    pub fn read(&self) -> Result<Option<Vec<u8>>, Trouble> {
        self.exists()?;
        self.blob(&self.path)
    }

    /// A list beside the file.
    pub fn list(&self, list: &str) -> io::Result<Vec<u8>> {
        let folder = self.path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        let read =
            self.blob(&format!("{folder}{list}")).map_err(|trouble| io::Error::other(trouble.to_string()))?;
        read.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn exists(&self) -> Result<(), Trouble> {
        asked(&["rev-parse", "--git-dir"])?;
        if self.reference.is_empty() {
            return Ok(());
        }
        let tree = format!("{}^{{tree}}", self.reference);
        if run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &tree])?.status.success() {
            return Ok(());
        }
        let message = format!("`{}` is no branch, tag or commit of this repository", self.reference);
        let help = match self.alike() {
            Some(known) => format!("did you mean `{known}:{}`?", self.path),
            None => {
                "`git branch --all` lists the branches; in a shallow clone, `git fetch` them first".to_owned()
            }
        };
        Err(Trouble::new(message).help(help))
    }

    fn blob(&self, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let object = format!("{}:{path}", self.reference);
        let read = run(&["cat-file", "blob", &object])?;
        if read.status.success() {
            return Ok(Some(read.stdout));
        }
        let kind = run(&["cat-file", "-t", &object])?;
        if kind.status.success() {
            let message =
                format!("`{object}` is no file, but a {}", String::from_utf8_lossy(&kind.stdout).trim());
            return Err(Trouble::new(message).help("name the flag file in it"));
        }
        Ok(None)
    }

    /// A branch or tag that is called much like it.
    fn alike(&self) -> Option<String> {
        let known = run(&["for-each-ref", "--format=%(refname:short)"]).ok()?;
        let known = String::from_utf8_lossy(&known.stdout).into_owned();
        let mut names: Vec<(usize, &str)> =
            known.lines().map(|name| (strsim::osa_distance(name, &self.reference), name)).collect();
        names.sort_unstable();
        names.first().filter(|(far, name)| *far <= 2 && *far < name.len()).map(|(_, name)| (*name).to_owned())
    }
}

/// Prints `main:flags.json`.
impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.reference, self.path)
    }
}

fn run(arguments: &[&str]) -> Result<Output, Trouble> {
    Command::new("git").args(arguments).output().map_err(|error| {
        let why = crate::read::in_plain_words(&error);
        Trouble::new(format!("the program `git` cannot be run: {why}"))
            .help("install git, or write the old version to a file and name that")
    })
}

/// Runs git where it must not fail.
fn asked(arguments: &[&str]) -> Result<Output, Trouble> {
    let ran = run(arguments)?;
    if ran.status.success() {
        return Ok(ran);
    }
    let said = String::from_utf8_lossy(&ran.stderr).trim().trim_start_matches("fatal: ").to_owned();
    Err(Trouble::new(format!("git cannot help here: {said}"))
        .help("run this inside the repository, or name two files instead"))
}
