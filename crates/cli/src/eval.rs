//! `waterspout eval`: the answers of a flag file, one JSON object a line, for one context or a stream of them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use waterspout::{Context, FlagKey, OwnedContext, Snapshot};
use waterspout_review::write_answer;

use crate::exit::{Exit, Stop, Trouble};
use crate::given::{self, Given};
use crate::read::{self, FlagFile};

/// The longest line of contexts, in bytes.
const MAX_LINE: u64 = 32 << 20;

/// Answer the flags of a file
///
/// Prints what each flag answers for a context, one JSON object a line, in the order of the file. The answers are those
/// that a service gives from the same file.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Exit codes:
  0  answered; a --flag that the file does not have is answered with an error in its line
  1  the file is refused: findings on stderr, nothing on stdout
  2  it could not run: a file cannot be read, an option is wrong, a fact is missing, a line is no context
  3  a bug in this program

Examples:
  waterspout eval flags.json --context '{\"targetingKey\": \"ada\", \"country\": \"DE\"}'
  waterspout eval flags.json --flag new-checkout --fact 'environment=\"production\"' --now 2026-12-24
  waterspout eval flags.json --contexts users.jsonl --flag new-checkout | jq -r .variant | sort | uniq -c"
)]
pub struct Args {
    /// The flag file; `-` reads it from stdin, with its lists beside the current directory
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// Who is asking, as JSON: an object with `targetingKey` and attributes beside it. Left out: {}
    #[arg(long, value_name = "JSON", conflicts_with = "contexts")]
    context: Option<String>,

    /// A file with one context a line; `-` is stdin. Blank lines are skipped
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    contexts: Option<PathBuf>,

    /// Only this flag; several are answered in the order asked
    #[arg(long = "flag", value_name = "KEY")]
    flags: Vec<String>,

    #[command(flatten)]
    given: Given,
}

pub fn run(args: &Args) -> Result<Exit, Stop> {
    if read::is_stdin(&args.file) && args.contexts.as_deref().is_some_and(read::is_stdin) {
        let message = "the flag file and the contexts cannot both come from stdin";
        return Err(Trouble::new(message).help("name a file for one of them").into());
    }
    let set = FlagFile::open(&args.file)?.flag_set_or_tell()?;
    let snapshot = args.given.compile(&set)?;
    // Lists may be large, and the snapshot has all that is asked.
    drop(set);
    let question = Question::new(&snapshot, &args.flags);
    let mut out = output();
    let ended = match &args.contexts {
        Some(path) => question.answer_lines(path, &mut out),
        None => {
            let text = args.context.as_deref().unwrap_or("{}");
            given::context(text, |finding| format!("--context:{}:{}", finding.line(), finding.column()))
                .and_then(|context| Ok(question.answer(&context, &mut out)?))
        }
    };
    // What was answered before a fault stays answered.
    let flushed = out.flush();
    ended?;
    flushed?;
    Ok(Exit::Fine)
}

/// A terminal gets each line as it comes; anything else gets large pieces.
fn output() -> Box<dyn Write> {
    let stdout = io::stdout();
    if stdout.is_terminal() {
        Box::new(stdout.lock())
    } else {
        Box::new(BufWriter::with_capacity(64 << 10, stdout.lock()))
    }
}

/// Which flags are asked, of which snapshot.
struct Question<'s> {
    snapshot: &'s Snapshot,
    /// Empty: all. A text that no flag can be called is asked for too.
    flags: Vec<(&'s str, Option<FlagKey<'s>>)>,
}

impl<'s> Question<'s> {
    fn new(snapshot: &'s Snapshot, flags: &'s [String]) -> Question<'s> {
        let flags = flags.iter().map(|flag| (flag.as_str(), FlagKey::parse(flag).ok())).collect();
        Question { snapshot, flags }
    }

    /// Answers each line of a file in turn, holding one line at a time.
    fn answer_lines(&self, path: &Path, out: &mut dyn Write) -> Result<(), Stop> {
        let name = read::shown(path);
        let unreadable = |error: io::Error| {
            Trouble::new(format!("`{name}` cannot be read: {}", read::in_plain_words(&error)))
        };
        let source: Box<dyn Read> = if read::is_stdin(path) {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(path).map_err(unreadable)?)
        };
        let mut source = BufReader::with_capacity(64 << 10, source);
        let mut line = Vec::new();
        for number in 1_u64.. {
            // Whoever sends one context and waits for its answers gets them before the next read may block.
            if !source.buffer().contains(&b'\n') {
                out.flush()?;
            }
            line.clear();
            let length =
                source.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut line).map_err(unreadable)?;
            if length == 0 {
                break;
            }
            if length as u64 > MAX_LINE {
                let message = format!("{name}:{number}: this line is longer than {} MiB", MAX_LINE >> 20);
                return Err(Trouble::new(message).help("write one context a line").into());
            }
            let mark: &[u8] = if number == 1 { b"\xEF\xBB\xBF" } else { b"" };
            let text = line.strip_prefix(mark).unwrap_or(&line);
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            if text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
                continue;
            }
            let text = std::str::from_utf8(text).map_err(|error| {
                let before = text.get(..error.valid_up_to()).unwrap_or_default();
                let column = String::from_utf8_lossy(before).chars().count() + 1;
                let message = format!("{name}:{number}:{column}: this is not UTF-8");
                Trouble::new(message).help("save the file as UTF-8")
            })?;
            let context = given::context(text, |finding| format!("{name}:{number}:{}", finding.column()))?;
            self.answer(&context, out)?;
        }
        Ok(())
    }

    fn answer(&self, context: &OwnedContext, out: &mut dyn Write) -> io::Result<()> {
        let context = context.borrow();
        if self.flags.is_empty() {
            return self.snapshot.all(&context).try_for_each(|answer| {
                write_answer(&answer, &context, out)?;
                out.write_all(b"\n")
            });
        }
        self.flags.iter().try_for_each(|(flag, key)| {
            write_asked(self.snapshot, flag, *key, &context, out)?;
            out.write_all(b"\n")
        })
    }
}

/// What one flag answers, as the object that a line is.
pub fn answer_of(snapshot: &Snapshot, flag: &str, context: &Context<'_>) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    write_asked(snapshot, flag, FlagKey::parse(flag).ok(), context, &mut answer)?;
    Ok(answer)
}

fn write_asked(
    snapshot: &Snapshot,
    flag: &str,
    key: Option<FlagKey<'_>>,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match key {
        Some(key) => write_answer(&snapshot.answer_key(key, context), context, out),
        None => write_not_found(flag, context, out),
    }
}

/// The object for a text that no flag can be called: as for a flag that is not there.
fn write_not_found(flag: &str, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"flag\":")?;
    write_text(Some(flag), out)?;
    out.write_all(b",\"key\":")?;
    write_text(context.targeting_key(), out)?;
    out.write_all(
        b",\"value\":null,\"variant\":null,\"reason\":\"ERROR\",\"rule\":null,\"name\":null,\"error\":\"FLAG_NOT_FOUND\"}",
    )
}

fn write_text(text: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    match text {
        Some(text) => Ok(serde_json::to_writer(out, text)?),
        None => out.write_all(b"null"),
    }
}
