//! `waterspout check`: everything that is wrong with a flag file, all at once, each with its place.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use waterspout::{Diagnostic, Severity};

use crate::exit::{Exit, Stop};
use crate::read::FlagFile;
use crate::render;

/// Check a flag file
///
/// Finds everything that is wrong with a flag file and with the lists it names, all at once, each with its place and with
/// what to write instead. What `check` accepts, every service accepts.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Exit codes:
  0  nothing at or above --fail-on
  1  findings
  2  it could not run: the file cannot be read, an option is wrong
  3  a bug in this program

Examples:
  waterspout check flags.json
  waterspout check --format json flags.json | jq -r .code
  git show HEAD:flags.json | waterspout check -"
)]
pub struct Args {
    /// The flag file; `-` reads it from stdin, with its lists beside the current directory
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// How to print the findings
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::Error)]
    fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people: the source line with a caret under the place
    Text,
    /// For programs: one JSON object a line for each finding, and nothing else
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FailOn {
    /// What makes a service refuse the file
    Error,
    /// Also what is accepted, but probably not what was meant
    Warning,
    /// Everything
    Info,
}

impl From<FailOn> for Severity {
    fn from(fail_on: FailOn) -> Severity {
        match fail_on {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Info => Severity::Info,
        }
    }
}

pub fn run(args: &Args) -> Result<Exit, Stop> {
    let file = FlagFile::open(&args.file)?;
    let read = file.flag_set();
    let findings = read.as_ref().err().map(waterspout::Error::diagnostics).unwrap_or_default();
    let failed = findings.iter().any(|finding| finding.severity() >= args.fail_on.into());
    let exit = if failed { Exit::Findings } else { Exit::Fine };
    let flags = read.as_ref().map_or(0, |set| set.flags().len());
    match write(args.format, &file, flags, findings).map_err(Stop::from) {
        // Whoever looks at the first lines only still learns from the exit code how it went.
        Ok(()) | Err(Stop::NobodyReads) => Ok(exit),
        Err(stop) => Err(stop),
    }
}

fn write(format: Format, file: &FlagFile, flags: usize, findings: &[Diagnostic]) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Json => {
            for finding in findings {
                writeln!(out, "{}", render::finding_json(file, finding))?;
            }
        }
        Format::Text if findings.is_empty() => {
            let flags = if flags == 1 { "1 flag".to_owned() } else { format!("{flags} flags") };
            writeln!(out, "{}: {flags}, no findings", render::safe(file.name()))?;
        }
        Format::Text => {
            let styled = render::takes_colour(&io::stdout());
            render::write_findings(file, findings, "this file would be refused", styled, &mut out)?;
        }
    }
    out.flush()
}
