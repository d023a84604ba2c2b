//! `waterspout plan`: what a reviewer should know of an edit.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use waterspout_review::plan::{Plan, Policy, Side};

use crate::comparison::Comparison;
use crate::exit::{Exit, Stop, Trouble};
use crate::fail_on::FailOn;
use crate::progress::Progress;
use crate::read;
use crate::sides::Sides;

/// Plan an edit: whose answer changes, what is doubtful, what comes by itself, how to take it back
///
/// What `diff` shows, with the findings of the change rules and of the lints that the edit brings, in one comment for a
/// change request. Prints nothing if there is nothing to tell.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
A policy is a JSON file; what it leaves out is as here:
  { \"version\": 1, \"ladder\": [1, 5, 25, 50, 100],
    \"blast_radius\": { \"everyone\": 50, \"narrow\": 100, \"people\": 20 },
    \"upcoming_days\": 14, \"rules\": { \"kill-switch-flipped\": \"error\", \"no-owner\": \"off\" } }

Exit codes:
  0  nothing at or above --fail-on
  1  findings, or a file is refused (findings on stderr, nothing on stdout)
  2  it could not run: an unknown revision, an absent file, a policy with faults, a bad option
  3  a bug in this program

Examples:
  waterspout plan main:flags.json
  waterspout plan origin/main:flags.json --format markdown --policy policy.json > comment.md
  waterspout plan old.json new.json --format json | jq .findings"
)]
pub struct Args {
    #[command(flatten)]
    sides: Sides,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// What the team has agreed on: steps of a ramp, budgets, severities
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    policy: Option<PathBuf>,

    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::Error)]
    fail_on: FailOn,

    #[command(flatten)]
    comparison: Comparison,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a comment on a change request, under 60 kB
    Markdown,
    /// For programs
    Json,
}

pub fn run(args: &Args) -> Result<Exit, Stop> {
    let policy = args.policy.as_ref().map_or_else(|| Ok(Policy::default()), policy)?;
    let both = args.sides.read()?;
    let (base, head) = (text(both.base.text()), text(both.head.text()));
    let sides = [
        Side { name: both.base.name(), text: base, set: &both.base_set },
        Side { name: both.head.name(), text: head, set: &both.head_set },
    ];
    let progress = Progress::start(format!("planning {}", both.head.name()));
    let plan = Plan::of(sides, &policy, args.comparison.options());
    progress.end();
    let exit = if plan.fails(args.fail_on.into()) { Exit::Findings } else { Exit::Fine };
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.format {
        Format::Text => plan.write_text(&mut out),
        Format::Markdown => plan.write_markdown(&mut out),
        Format::Json => plan.write_json(&mut out),
    };
    match written.and_then(|()| out.flush()).map_err(Stop::from) {
        // Whoever looks at the first lines only still learns from the exit code how it went.
        Ok(()) | Err(Stop::NobodyReads) => Ok(exit),
        Err(stop) => Err(stop),
    }
}

/// A text that was accepted is UTF-8.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn policy(path: &PathBuf) -> Result<Policy, Stop> {
    let name = read::shown(path);
    let text = fs::read_to_string(path).map_err(|error| {
        Trouble::new(format!("`{name}` cannot be read: {}", read::in_plain_words(&error)))
    })?;
    Policy::parse(&text).map_err(|faults| {
        let trouble = |fault: &waterspout_review::Finding| {
            let place = fault.place.as_ref().map_or((1, 1), |place| (place.line, place.column));
            Trouble::new(format!("{name}:{}:{}: {}", place.0, place.1, fault.message))
                .maybe_help(fault.help.as_deref())
        };
        Stop::CouldNotRun(faults.iter().map(trouble).collect())
    })
}
