//! `waterspout check`: everything that is wrong with a flag file, and what is doubtful in it, each with its place.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use clap::ValueEnum;
use waterspout::{Error, Time};
use waterspout_review::report::{self, Remark, Report};
use waterspout_review::{Finding, lint};

use crate::exit::{Exit, Stop};
use crate::fail_on::FailOn;
use crate::given;
use crate::progress::Progress;
use crate::read::FlagFile;
use crate::render;

/// Check a flag file
///
/// Finds everything that is wrong with a flag file and with the lists it names, all at once, each with its place and with
/// what to write instead. What `check` accepts, every service accepts. Of a file that is accepted it tells what is
/// doubtful: rules that nobody reaches, conditions that are never true, flags that are constant ... `waterspout rule` lists
/// them.
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
  waterspout check --fail-on warning --format github flags.json
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

    /// Check as of this time instead of now: `2026-12-24` or `2026-12-24T08:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = given::time)]
    now: Option<Time>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people: the source line with a caret under the place
    Text,
    /// For programs: one JSON object a line for each finding, and nothing else
    Json,
    /// For GitHub Actions: each finding stands beside its line in a pull request
    Github,
    /// For code scanners: SARIF 2.1.0
    Sarif,
    /// For build servers: JUnit's XML, a test case for each rule
    Junit,
    /// For a job summary or a comment: a verdict and a table
    Markdown,
}

pub fn run(args: &Args) -> Result<Exit, Stop> {
    let file = FlagFile::open(&args.file)?;
    let progress = Progress::start(format!("checking {}", render::safe(file.name())));
    let report = examined(&file, args);
    progress.end();
    let exit = if report.fails() { Exit::Findings } else { Exit::Fine };
    match write(args.format, &file, &report).map_err(Stop::from) {
        // Whoever looks at the first lines only still learns from the exit code how it went.
        Ok(()) | Err(Stop::NobodyReads) => Ok(exit),
        Err(stop) => Err(stop),
    }
}

/// What is wrong with the file; if nothing is, what is doubtful in it.
fn examined(file: &FlagFile, args: &Args) -> Report {
    let now = args.now.unwrap_or_else(|| Time::from(SystemTime::now()));
    let read = file.flag_set();
    let findings: Vec<Finding> = match &read {
        Err(error) => Error::diagnostics(error).iter().map(Finding::from).collect(),
        Ok(set) => lint(file.as_str(), set, now),
    };
    Report {
        file: file.name().to_owned(),
        flags: read.as_ref().map_or(0, |set| set.flags().len()),
        refused: read.is_err(),
        remarks: findings.into_iter().map(|finding| remark(file, finding)).collect(),
        fail_on: args.fail_on.into(),
        now,
    }
}

fn remark(file: &FlagFile, finding: Finding) -> Remark {
    let Some(place) = &finding.place else {
        return Remark { file: file.name().to_owned(), finding, end: (1, 1) };
    };
    let list = place.list.as_deref().map(|list| file.list(list).unwrap_or_default());
    let source = list.as_deref().unwrap_or(file.text());
    let covered = String::from_utf8_lossy(source.get(place.span.clone()).unwrap_or_default());
    let end = match covered.rsplit_once('\n') {
        Some((before, last)) => (place.line + 1 + before.matches('\n').count(), last.chars().count() + 1),
        None => (place.line, place.column + covered.chars().count()),
    };
    Remark { file: file.name_of(place), finding, end }
}

fn write(format: Format, file: &FlagFile, report: &Report) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Json => out.write_all(report::json(report).as_bytes())?,
        Format::Github => out.write_all(report::github(report).as_bytes())?,
        Format::Sarif => out.write_all(report::sarif(report).as_bytes())?,
        Format::Junit => out.write_all(report::junit(report).as_bytes())?,
        Format::Markdown => out.write_all(report::markdown(report).as_bytes())?,
        Format::Text => write_text(file, report, &mut out)?,
    }
    out.flush()
}

fn write_text(file: &FlagFile, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.remarks.is_empty() {
        let flags = if report.flags == 1 { "1 flag".to_owned() } else { format!("{} flags", report.flags) };
        return writeln!(out, "{}: {flags}, no findings", render::safe(file.name()));
    }
    let styled = render::takes_colour(&io::stdout());
    let findings: Vec<Finding> = report.remarks.iter().map(|remark| remark.finding.clone()).collect();
    render::write_findings(file, &findings, styled, out)?;
    let verdict =
        if report.refused { "this file would be refused" } else { "every service accepts this file" };
    writeln!(out, "{}; {verdict}", report::counted(findings.iter()))?;
    let waivable =
        findings.iter().filter_map(|finding| Some((finding.severity, finding.rule, report.waiver(finding)?)));
    // Of the worst, the first.
    let waivable = waivable.rev().max_by_key(|(severity, ..)| *severity);
    if let Some((_, rule, waiver)) = waivable {
        writeln!(
            out,
            "`waterspout rule {rule}` tells more. To accept it for a while, write beside its flag's rules:"
        )?;
        writeln!(out, "  \"waive\": [{waiver}]")?;
    }
    Ok(())
}
