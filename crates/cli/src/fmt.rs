//! `waterspout fmt`: flag files in one layout.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use similar::TextDiff;
use waterspout::Error;

use crate::exit::{Exit, Stop, Trouble};
use crate::read::{FlagFile, in_plain_words, is_stdin};
use crate::render;
use crate::replace::{Replaced, replace};

/// What keeps a text from being laid out: it is no JSON. Whatever else is wrong, a file may be laid out while it is
/// written.
const UNREADABLE: [&str; 3] = ["not-utf8", "syntax", "unclosed-comment"];

/// Lay flag files out
///
/// Brings flag files into one layout: two blanks a step, short things on one line. Only blanks are changed; comments, the
/// order of everything and each number stay as they are, so no answer changes. A file is replaced as a whole or not at all,
/// and one that is laid out already is not touched.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Exit codes:
  0  laid out; with --check: nothing is to be done
  1  with --check: a file is not laid out; or a file is no JSON: findings on stderr
  2  it could not run: a file cannot be read or written, an option is wrong
  3  a bug in this program

Examples:
  waterspout fmt flags.json
  waterspout fmt --check --diff flags.json
  waterspout fmt - < flags.json"
)]
pub struct Args {
    /// The flag files; `-` is stdin, laid out to stdout
    #[arg(required = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,

    /// Write nothing; name the files that are not laid out, and exit with 1 if there are any
    #[arg(long)]
    check: bool,

    /// Write nothing; show what would change
    #[arg(long)]
    diff: bool,
}

pub fn run(args: &Args) -> Result<Exit, Stop> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut exit = Exit::Fine;
    for path in &args.files {
        let file = FlagFile::open(path)?;
        let Some(text) = readable(&file) else {
            exit = Exit::Findings;
            continue;
        };
        let Some(formatted) = waterspout_review::format(text) else {
            panic!("this file is JSON, and cannot be laid out");
        };
        let differs = formatted != text;
        if args.diff && differs {
            write_diff(file.name(), text, &formatted, &mut out)?;
        }
        if args.check && differs {
            exit = Exit::Findings;
            if !args.diff {
                writeln!(out, "{} is not laid out", render::safe(file.name()))?;
            }
        }
        if args.check || args.diff {
            continue;
        }
        if is_stdin(path) {
            out.write_all(formatted.as_bytes())?;
        } else if differs {
            rewrite(path, &file, &formatted)?;
            writeln!(out, "{}: laid out", render::safe(file.name()))?;
        }
    }
    out.flush()?;
    Ok(exit)
}

/// The text of a file that is JSON; of any other, why it is none is told on stderr.
fn readable(file: &FlagFile) -> Option<&str> {
    // The lists play no part in the layout, and need not be there.
    let lists = |_: &str| Err(String::new());
    let findings = match waterspout::flag_set::FlagSet::read(file.text(), lists) {
        Ok(_) => Vec::new(),
        Err(error) => Error::diagnostics(&error).to_vec(),
    };
    let is_unreadable = findings.iter().any(|finding| UNREADABLE.contains(&finding.code()));
    let text = std::str::from_utf8(file.text()).ok().filter(|_| !is_unreadable);
    // What nests too deep is no flag file to the layout either.
    let text = text.filter(|text| findings.is_empty() || waterspout_review::format(text).is_some());
    if text.is_none() {
        render::tell_refused(file, &findings);
    }
    text
}

fn rewrite(path: &Path, file: &FlagFile, formatted: &str) -> Result<(), Trouble> {
    let name = file.name();
    match replace(path, file.text(), formatted.as_bytes()) {
        Ok(Replaced::Done) => Ok(()),
        Ok(Replaced::ChangedMeanwhile) => {
            Err(Trouble::new(format!("`{name}` was changed by somebody else meanwhile")).help("run it again"))
        }
        Err(error) => {
            let why = match error.kind() {
                io::ErrorKind::PermissionDenied => "this user may not write it".to_owned(),
                _ => in_plain_words(&error),
            };
            Err(Trouble::new(format!("`{name}` cannot be written: {why}")))
        }
    }
}

fn write_diff(name: &str, before: &str, after: &str, out: &mut dyn Write) -> io::Result<()> {
    let name = render::safe(name);
    let diff = TextDiff::from_lines(before, after);
    let diff = diff.unified_diff().header(&name, &format!("{name} (laid out)")).to_string();
    for line in diff.lines() {
        // Tabs are only blanks; whatever else commands a terminal is told by its number.
        let shown = line.split('\t').map(render::safe).collect::<Vec<_>>().join("\t");
        writeln!(out, "{shown}")?;
    }
    Ok(())
}
