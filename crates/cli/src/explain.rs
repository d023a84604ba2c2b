//! `waterspout explain`: why flags answer as they do for a context, told by the code that answers.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;
use waterspout::{Context, Explanation, FlagKey, Snapshot};
use waterspout_review::{Asked, Flip};

use crate::exit::{Exit, Stop};
use crate::given::{self, Given};
use crate::read::FlagFile;
use crate::render;

/// Tell why flags answer as they do
///
/// Goes through a flag as a service does, and tells each step: what it requires, who is denied, every test with the value
/// it saw, and where the key fell in a rollout. Then, what would flip the answer: each single change of an attribute, of the
/// key or of a rollout with which the flag answers otherwise. Values of attributes that the file calls sensitive are not
/// shown.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Exit codes:
  0  explained; of a --flag that the file does not have, that is said
  1  the file is refused: findings on stderr
  2  it could not run: a file cannot be read, an option is wrong, a fact is missing
  3  a bug in this program

Examples:
  waterspout explain flags.json --flag new-checkout --context '{\"targetingKey\": \"ada\", \"country\": \"DE\"}'
  waterspout explain flags.json --flag banner --now 2026-12-24 --fact 'environment=\"staging\"'
  waterspout explain flags.json --flag banner --format json | jq .stages"
)]
pub struct Args {
    /// The flag file; `-` reads it from stdin, with its lists beside the current directory
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// The flag to explain; several are explained in the order asked. Left out: all of them
    #[arg(long = "flag", value_name = "KEY")]
    flags: Vec<String>,

    /// Who is asking, as JSON: an object with `targetingKey` and attributes beside it. Left out: {}
    #[arg(long, value_name = "JSON")]
    context: Option<String>,

    /// How to tell it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    given: Given,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people: in words
    Text,
    /// For programs: one JSON object a line for each flag
    Json,
}

pub fn run(args: &Args) -> Result<Exit, Stop> {
    let file = FlagFile::open(&args.file)?;
    let set = file.flag_set_or_tell()?;
    let facts = args.given.facts(&set)?;
    let now = args.given.now();
    let snapshot = Snapshot::compile(&set, &facts, now);
    let text = args.context.as_deref().unwrap_or("{}");
    let context =
        given::context(text, |finding| format!("--context:{}:{}", finding.line(), finding.column()))?;
    let compile = |edited: &str| Some(Snapshot::compile(&file.edited(edited).ok()?, &facts, now));
    let asked = Asked { text: file.as_str(), set: &set, snapshot: &snapshot, compile: &compile };
    let flags: Vec<&str> = match args.flags.as_slice() {
        [] => snapshot.keys().collect(),
        flags => flags.iter().map(String::as_str).collect(),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    for (index, flag) in flags.into_iter().enumerate() {
        let flips = asked.flips(flag, text);
        match args.format {
            Format::Json => write_json(&snapshot, flag, &context.borrow(), &flips, &mut out)?,
            Format::Text => {
                out.write_all(if index == 0 { b"" } else { b"\n" })?;
                let words = in_words(&snapshot, flag, &context.borrow()) + &flips_in_words(&flips);
                out.write_all(render::safe_lines(&words).as_bytes())?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Fine)
}

/// What would flip the answer, by the answer that would come.
fn flips_in_words(flips: &[Flip]) -> String {
    let mut variants: Vec<&str> = Vec::new();
    for flip in flips {
        if !variants.contains(&&*flip.variant) {
            variants.push(&flip.variant);
        }
    }
    let mut words = String::new();
    for variant in variants {
        words.push_str(&format!("  it would be `{variant}`\n"));
        for flip in flips.iter().filter(|flip| flip.variant == variant) {
            words.push_str(&format!("    if {}\n", flip.change));
        }
    }
    words
}

/// The answer of a flag in words, and from the second line on how it came about.
pub fn in_words(snapshot: &Snapshot, flag: &str, context: &Context<'_>) -> String {
    match FlagKey::parse(flag) {
        Ok(key) => snapshot.explain_key(key, context).to_string(),
        Err(_) => format!("`{flag}`: no flag can be called so\n"),
    }
}

/// An explanation, and what would flip it.
#[derive(Serialize)]
struct Explained<'e> {
    #[serde(flatten)]
    explanation: &'e Explanation,
    flips: &'e [Flip],
}

fn write_json(
    snapshot: &Snapshot,
    flag: &str,
    context: &Context<'_>,
    flips: &[Flip],
    out: &mut dyn Write,
) -> io::Result<()> {
    let Ok(key) = FlagKey::parse(flag) else { return write_not_found(flag, context, out) };
    let explanation = snapshot.explain_key(key, context);
    serde_json::to_writer(&mut *out, &Explained { explanation: &explanation, flips })?;
    out.write_all(b"\n")
}

/// For a text that no flag can be called: as for a flag that is not there.
fn write_not_found(flag: &str, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let key = context.targeting_key().map_or_else(|| "null".to_owned(), quoted);
    writeln!(
        out,
        r#"{{"flag":{},"key":{key},"value":null,"variant":null,"reason":"ERROR","rule":null,"name":null,"error":"FLAG_NOT_FOUND","stages":[],"flips":[]}}"#,
        quoted(flag)
    )
}
