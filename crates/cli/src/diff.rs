//! `waterspout diff`: whose answer an edit changes.

use std::io::{self, BufWriter, Write};

use clap::ValueEnum;
use waterspout_review::diff::Difference;

use crate::comparison::Comparison;
use crate::exit::{Exit, Stop};
use crate::progress::Progress;
use crate::sides::Sides;

/// Show whose answer an edit changes
///
/// Compares two versions of a flag file and tells, flag by flag, who gains it, loses it or gets something else, as exact
/// shares of the bucket line and without knowing any user. Each change comes with a context that shows it.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Exit codes:
  0  compared
  1  a file is refused (findings on stderr, nothing on stdout); with --exit-code: answers change
  2  it could not run: an unknown revision, an absent file, a bad option
  3  a bug in this program

Examples:
  waterspout diff main:flags.json                       # the branch's file against main
  waterspout diff old.json new.json --format json
  waterspout diff HEAD~1:flags.json HEAD:flags.json --exit-code"
)]
pub struct Args {
    #[command(flatten)]
    sides: Sides,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Exit with 1 if anybody's answer changes
    #[arg(long)]
    exit_code: bool,

    #[command(flatten)]
    comparison: Comparison,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a comment on a change request
    Markdown,
    /// For programs: one object, which is a contract
    Json,
}

pub fn run(args: &Args) -> Result<Exit, Stop> {
    let both = args.sides.read()?;
    let progress = Progress::start(format!("comparing {} with {}", both.base.name(), both.head.name()));
    let difference = Difference::of(&both.base_set, &both.head_set, args.comparison.options());
    progress.end();
    let changed = args.exit_code && difference.answers_change();
    let exit = if changed { Exit::Findings } else { Exit::Fine };
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.format {
        Format::Json => difference.write_json(&mut out),
        Format::Text => difference.write_text(&mut out),
        Format::Markdown => difference.write_markdown(&mut out),
    };
    // Whoever looks at the first lines only still learns from the exit code how it went.
    match written.and_then(|()| out.flush()).map_err(Stop::from) {
        Ok(()) | Err(Stop::NobodyReads) => {}
        Err(stop) => return Err(stop),
    }
    Ok(exit)
}
