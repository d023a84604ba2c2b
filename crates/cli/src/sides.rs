//! The two sides of a review: a flag file before, and the same after. A side is a file, or `REF:PATH` in git.

use std::path::{Path, PathBuf};

use waterspout::flag_set::FlagSet;

use crate::exit::{Stop, Trouble};
use crate::git::Revision;
use crate::read::{self, FlagFile};

#[derive(Clone, Debug, clap::Args)]
pub struct Sides {
    /// The flag file before: a file, or REF:PATH in git; `:PATH` is what is staged, `-` is stdin
    #[arg(value_hint = clap::ValueHint::FilePath)]
    base: String,

    /// The flag file after. Left out: the file of BASE in the working tree
    #[arg(value_hint = clap::ValueHint::FilePath)]
    head: Option<String>,

    /// Take a side that is not there for a file without flags: the file is new, or gone
    #[arg(long)]
    allow_missing: bool,
}

/// Both flag files, read and found right.
#[derive(Debug)]
pub struct Both {
    pub base: FlagFile,
    pub head: FlagFile,
    pub base_set: FlagSet,
    pub head_set: FlagSet,
}

impl Sides {
    /// Reads both sides. If one is refused, or both are, their findings are told.
    pub fn read(&self) -> Result<Both, Stop> {
        if self.base == "-" && self.head.as_deref() == Some("-") {
            let message = "both sides cannot come from stdin";
            return Err(Trouble::new(message).help("name a file for one of them").into());
        }
        let base = self.side(&self.base)?;
        let head = match &self.head {
            Some(head) => self.side(head)?,
            None => self.side(&self.in_working_tree()?)?,
        };
        match (base.flag_set_or_tell(), head.flag_set_or_tell()) {
            (Ok(base_set), Ok(head_set)) => Ok(Both { base, head, base_set, head_set }),
            (Err(stop), _) | (_, Err(stop)) => Err(stop),
        }
    }

    fn in_working_tree(&self) -> Result<String, Stop> {
        let revision = if is_file(&self.base) { None } else { Revision::parse(&self.base) };
        match revision {
            Some(revision) => Ok(revision.in_working_tree()?.to_string_lossy().into_owned()),
            None => {
                let message = format!("there is only one side, `{}`", self.base);
                let help =
                    "name the file after too, or the one before as REF:PATH, such as `main:flags.json`";
                Err(Trouble::new(message).help(help).into())
            }
        }
    }

    fn side(&self, side: &str) -> Result<FlagFile, Stop> {
        if !is_file(side) {
            if let Some(revision) = Revision::parse(side) {
                let name = revision.to_string();
                return match FlagFile::of_revision(revision)? {
                    Some(file) => Ok(file),
                    None => self.missing(&name, &format!("there is no file `{name}`")),
                };
            }
        }
        let path = PathBuf::from(side);
        if !read::is_stdin(&path) && !path.exists() {
            let message = format!("`{}` cannot be read: there is no such file", read::shown(&path));
            return self.missing(side, &message);
        }
        FlagFile::open(&path)
    }

    fn missing(&self, name: &str, message: &str) -> Result<FlagFile, Stop> {
        if self.allow_missing {
            return Ok(FlagFile::without_flags(name));
        }
        let help = "if the flag file is new or gone, say --allow-missing; a side of git is REF:PATH, its path from the \
                    root of the repository";
        Err(Trouble::new(message).help(help).into())
    }
}

/// Whether a side is a file as it stands: a name with a colon in it may be one.
fn is_file(side: &str) -> bool {
    side == "-" || Path::new(side).exists()
}
