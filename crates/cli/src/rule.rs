//! `waterspout rule`: what the findings of a review mean.

use std::io::{self, BufWriter, Write};
use std::time::SystemTime;

use clap::ValueEnum;
use waterspout::Time;
use waterspout_review::report::waiver;
use waterspout_review::{Example, Rule, rule, rules};

use crate::exit::{Exit, Stop, Trouble};

/// Tell what a finding means
///
/// Tells of a rule by its name, as findings and `waive` have it: what it finds, why that matters, an example, and what to
/// do instead. Without a name, lists all rules. Those that make a service refuse a file are in FORMAT.md.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Exit codes:
  0  told
  2  there is no such rule, or an option is wrong
  3  a bug in this program

Examples:
  waterspout rule
  waterspout rule deny-catches-unknown
  waterspout rule --format json | jq -r .name"
)]
pub struct Args {
    /// The rule's name
    name: Option<String>,

    /// How to tell it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: one JSON object a line for each rule
    Json,
}

pub fn run(args: &Args) -> Result<Exit, Stop> {
    let chosen: Vec<&Rule> = match &args.name {
        None => rules().collect(),
        Some(name) => vec![rule(name).ok_or_else(|| unknown(name))?],
    };
    let mut out = BufWriter::new(io::stdout().lock());
    match (args.format, args.name.is_some()) {
        (Format::Json, _) => chosen.iter().try_for_each(|rule| write_json(rule, &mut out))?,
        (Format::Text, true) => chosen.iter().try_for_each(|rule| write_text(rule, &mut out))?,
        (Format::Text, false) => write_list(&chosen, &mut out)?,
    }
    out.flush()?;
    Ok(Exit::Fine)
}

fn unknown(name: &str) -> Trouble {
    let near = rules().map(|rule| (strsim::damerau_levenshtein(name, rule.name), rule.name)).min();
    let trouble = Trouble::new(format!("there is no rule `{name}`"));
    match near {
        Some((distance, near)) if distance <= 3 => trouble.help(format!("did you mean `{near}`?")),
        _ => trouble.help("`waterspout rule` lists all; what makes a service refuse a file is in FORMAT.md"),
    }
}

fn write_list(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    for rule in rules {
        let severity = rule.severity.to_string();
        writeln!(out, "{:width$}  {severity:7}  {}", rule.name, rule.what)?;
    }
    Ok(())
}

fn write_text(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({})\n", rule.name, rule.severity)?;
    writeln!(out, "what\n{}\n", folded(rule.what))?;
    writeln!(out, "why\n{}\n", folded(rule.why))?;
    let shown = |text: &str| text.lines().map(|line| format!("  {line}\n")).collect::<String>();
    match &rule.example {
        Example::File { doubtful, better } => {
            writeln!(out, "example\n{}", shown(doubtful))?;
            writeln!(out, "instead\n{}\n\n{}", folded(rule.instead), shown(better))?;
        }
        Example::Edit { before, after } => {
            writeln!(out, "example: from\n{}\nto\n{}", shown(before), shown(after))?;
            writeln!(out, "instead\n{}\n", folded(rule.instead))?;
        }
        _ => writeln!(out, "instead\n{}\n", folded(rule.instead))?,
    }
    let waiver = waiver(rule.name, Time::from(SystemTime::now()));
    writeln!(out, "to accept it in a flag for a while\n  \"waive\": [{waiver}]")
}

/// A paragraph in lines that fit a terminal, two blanks before each.
fn folded(text: &str) -> String {
    const WIDTH: usize = 98;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.len() - 1;
        if lines[line].chars().count() + 1 + word.chars().count() > WIDTH && !lines[line].is_empty() {
            lines.push(word.to_owned());
        } else {
            if !lines[line].is_empty() {
                lines[line].push(' ');
            }
            lines[line].push_str(word);
        }
    }
    lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn write_json(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    let example = match &rule.example {
        Example::File { doubtful, better } => serde_json::json!({ "doubtful": doubtful, "better": better }),
        Example::Edit { before, after } => serde_json::json!({ "before": before, "after": after }),
        _ => serde_json::Value::Null,
    };
    let object = serde_json::json!({
        "name": rule.name,
        "severity": rule.severity.to_string(),
        "looks_at": if rule.looks_at_a_file() { "file" } else { "edit" },
        "what": rule.what,
        "why": rule.why,
        "example": example,
        "instead": rule.instead,
    });
    writeln!(out, "{object}")
}
