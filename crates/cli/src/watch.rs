//! `waterspout watch`: follows a flag file as a service does, and tells what happens, an event a line.
//!
//! The loader is the library's own, so what is told here is what a service does with the same file at the same moment.
//! Three threads: one that starts and follows, one that hears of interrupts, and the one that writes.

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use clap::ValueEnum;
use waterspout::{Content, Error, Event, Flags, Loader, OwnedContext, Snapshot, Status, Time};

use crate::exit::{Exit, Stop, Trouble};
use crate::given::{self, Given};
use crate::read;
use crate::render::safe;
use crate::{eval, explain};

/// Follow a flag file, and tell what a service would do with each edit
///
/// Follows the file until it is interrupted, and prints a line whenever something happens: new flags are published, an
/// edit is refused, the file cannot be read, all is well again. A file that is absent or refused at the start is waited
/// for.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
JSON, one object a line, the keys in this order; `answer` only with --flag, and only where something is published:
  {\"event\":\"published\",\"generation\":1,\"fingerprint\":\"<32 hex digits>\",\"flags\":5,\"findings\":0,\"answer\":{...}}
  published     new flags serve
  refused       the file has so many findings; the fingerprint is the file's, all else is about what still serves
  source-error  the file cannot be read
  recovered     the file can be read again, and has what serves already
Before anything serves, generation and flags are 0. Other events of a loader are told as text only.

Exit codes:
  0  interrupted (Ctrl-C, SIGTERM), or nobody reads the output any more
  2  it could not run: an option is wrong, a fact is missing
  3  a bug in this program

Examples:
  waterspout watch flags.json
  waterspout watch flags.json --flag new-checkout --context '{\"targetingKey\": \"ada\"}'
  waterspout watch --format json flags.json | jq --unbuffered -r 'select(.event == \"refused\") | .findings'"
)]
pub struct Args {
    /// The flag file
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// How to print the events
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Tell what this flag answers, with each publication
    #[arg(long, value_name = "KEY")]
    flag: Option<String>,

    /// Who is asking, as JSON: an object with `targetingKey` and attributes beside it. Left out: {}
    #[arg(long, value_name = "JSON", requires = "flag")]
    context: Option<String>,

    /// How often to look at the file, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    poll: Duration,

    #[command(flatten)]
    given: Given,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people: one line with the time
    Text,
    /// For programs: one JSON object a line
    Json,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.01..=86_400.0).contains(seconds));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "write a number of seconds from 0.01 to 86400".to_owned())
}

pub fn run(args: Args) -> Result<Exit, Stop> {
    if read::is_stdin(&args.file) {
        return Err(Trouble::new("`-` cannot be followed").help("give the path of a flag file").into());
    }
    let question = Question::of(&args)?;
    let (hear, heard) = mpsc::channel();
    hear_interrupts(hear.clone())?;
    thread::spawn(move || follow(args, question, hear));
    let mut out = io::stdout().lock();
    for heard in heard {
        match heard {
            Heard::Line(line) => {
                out.write_all(line.as_bytes())?;
                out.flush()?;
            }
            Heard::Interrupt => break,
            Heard::Stop(stop) => return Err(stop),
            Heard::Bug => return Ok(Exit::Bug),
        }
    }
    Ok(Exit::Fine)
}

/// What the thread that writes is told by the others.
enum Heard {
    Line(String),
    Interrupt,
    Stop(Stop),
    /// A thread has panicked, and has said so itself.
    Bug,
}

/// The first interrupt ends the run in order, a second one at once.
#[cfg(unix)]
fn hear_interrupts(hear: Sender<Heard>) -> Result<(), Stop> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::{iterator::Signals, low_level};

    let unheard = |error: io::Error| Trouble::new(format!("interrupts cannot be heard: {error}"));
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(unheard)?;
    thread::spawn(move || {
        for (index, signal) in signals.forever().enumerate() {
            // Whoever would have heard of it may have ended, or may be stuck in writing.
            if index > 0 || hear.send(Heard::Interrupt).is_err() {
                let _ = low_level::emulate_default_handler(signal);
            }
        }
    });
    Ok(())
}

/// Elsewhere an interrupt ends the process as it always does.
#[cfg(not(unix))]
fn hear_interrupts(_hear: Sender<Heard>) -> Result<(), Stop> {
    Ok(())
}

fn follow(args: Args, question: Option<Question>, hear: Sender<Heard>) {
    let teller = Teller { file: args.file.clone(), format: args.format, question, hear: hear.clone() };
    let teller = Arc::new(teller);
    let ended = panic::catch_unwind(AssertUnwindSafe(|| start(&args, &teller)));
    let _ = match ended {
        Ok(Ok(())) => return,
        Ok(Err(stop)) => hear.send(Heard::Stop(stop)),
        Err(_) => hear.send(Heard::Bug),
    };
}

/// Starts the loader. Until the file is good enough for that, tells why it is not, once for each reason, and looks again
/// at each poll.
fn start(args: &Args, teller: &Arc<Teller>) -> Result<(), Stop> {
    let mut told = None;
    loop {
        match try_to_start(args, teller)? {
            Start::Serves => return Ok(()),
            Start::Changing => {}
            Start::NotYet(fingerprint, error) => {
                let reason = (fingerprint, error.to_string());
                if told.as_ref() != Some(&reason) {
                    teller.tell_not_yet(fingerprint, &error);
                    told = Some(reason);
                }
            }
        }
        thread::sleep(args.poll);
    }
}

enum Start {
    Serves,
    /// The file cannot be read, or is refused: its fingerprint.
    NotYet(Option<u128>, Error),
    /// It was good a moment ago.
    Changing,
}

/// A loader that cannot start only says why. What is told of it too, and what facts would do instead, is found by reading
/// the file first.
fn try_to_start(args: &Args, teller: &Arc<Teller>) -> Result<Start, Stop> {
    let content = match Content::from_file(&args.file) {
        Ok(content) => content,
        Err(error) => return Ok(Start::NotYet(None, error)),
    };
    let set = match content.read() {
        Ok(set) => set,
        Err(error) => return Ok(Start::NotYet(Some(content.fingerprint()), error)),
    };
    let facts = args.given.facts(&set)?;
    let handle = Arc::new(Mutex::new(None));
    // Held until the first publication is told: no later event comes before it.
    let mut first = handle.lock().unwrap_or_else(PoisonError::into_inner);
    let (given, teller_of_later, handle_of_later) =
        (args.given.clone(), Arc::clone(teller), Arc::clone(&handle));
    let started = Loader::file(&args.file)
        .facts(facts)
        .poll(args.poll)
        .clock(move || given.now())
        .on_event(move |event| {
            if !is_of_the_start(event) {
                let flags = handle_of_later.lock().unwrap_or_else(PoisonError::into_inner);
                flags.iter().for_each(|flags| teller_of_later.tell(event, flags));
            }
        })
        .start();
    match started {
        Ok(flags) => {
            let Status { generation, fingerprint, flags: count, mismatches, .. } = flags.status();
            let view = flags.view();
            teller.tell(&Event::Published { generation, fingerprint, flags: count, view }, &flags);
            if !mismatches.is_empty() {
                teller.tell(&Event::Mismatch { generation, mismatches }, &flags);
            }
            // The loader now tells with a handle to itself: it ends with the process.
            *first = Some(flags);
            Ok(Start::Serves)
        }
        Err(error) if error.is_source() => Ok(Start::NotYet(None, error)),
        Err(_) => Ok(Start::Changing),
    }
}

/// Told by the thread that starts, before there is a handle to ask.
fn is_of_the_start(event: &Event) -> bool {
    matches!(event, Event::Published { generation: 1, .. } | Event::Mismatch { generation: 1, .. })
}

/// What is asked of each publication.
struct Question {
    flag: String,
    context: OwnedContext,
}

impl Question {
    fn of(args: &Args) -> Result<Option<Question>, Stop> {
        let Some(flag) = args.flag.clone() else { return Ok(None) };
        let text = args.context.as_deref().unwrap_or("{}");
        let place =
            |finding: &waterspout::Diagnostic| format!("--context:{}:{}", finding.line(), finding.column());
        Ok(Some(Question { flag, context: given::context(text, place)? }))
    }

    fn in_json(&self, snapshot: &Snapshot) -> String {
        let answer = eval::answer_of(snapshot, &self.flag, &self.context.borrow()).unwrap_or_default();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn in_words(&self, snapshot: &Snapshot) -> String {
        let words = explain::in_words(snapshot, &self.flag, &self.context.borrow());
        words.lines().next().unwrap_or_default().to_owned()
    }
}

/// Makes lines of events.
struct Teller {
    file: PathBuf,
    format: Format,
    question: Option<Question>,
    hear: Sender<Heard>,
}

impl Teller {
    /// Tells of an event, on the thread that made it: what `flags` serves is what it is about.
    fn tell(&self, event: &Event, flags: &Flags) {
        match self.format {
            Format::Text => self.line(&self.in_words(event)),
            Format::Json => {
                if let Some(object) = self.in_json(event, flags) {
                    self.send(object.line());
                }
            }
        }
    }

    /// Tells why nothing serves yet: a file that is refused, which has a fingerprint, or one that cannot be read.
    fn tell_not_yet(&self, refused: Option<u128>, error: &Error) {
        match (self.format, refused) {
            (Format::Json, Some(fingerprint)) => {
                let findings = error.diagnostics().len();
                self.send(Object { event: "refused", fingerprint, findings, ..Object::default() }.line());
            }
            (Format::Json, None) => self.send(Object { event: "source-error", ..Object::default() }.line()),
            (Format::Text, Some(_)) => {
                self.line(&format!("refused, nothing serves yet: {}", self.first_of(error)));
            }
            (Format::Text, None) => self.line(&format!("source error, nothing serves yet: {error}")),
        }
    }

    fn in_words(&self, event: &Event) -> String {
        match event {
            Event::Published { view, .. } => match &self.question {
                Some(question) => format!("{event}; {}", question.in_words(view)),
                None => event.to_string(),
            },
            Event::Refused { generation, error, .. } => {
                format!("refused, generation {generation} still serves: {}", self.first_of(error))
            }
            Event::SourceError { generation, error } => {
                format!("source error, generation {generation} still serves: {error}")
            }
            Event::Recovered { generation, .. } => format!("recovered, generation {generation} serves"),
            other => other.to_string(),
        }
    }

    /// What the contract has for an event, if it has it.
    fn in_json(&self, event: &Event, flags: &Flags) -> Option<Object> {
        let Status { generation, fingerprint, flags: count, .. } = flags.status();
        let serving = Object { generation, fingerprint, flags: count, ..Object::default() };
        match event {
            Event::Published { view, .. } => {
                let answer = self.question.as_ref().map(|question| question.in_json(view));
                Some(Object { event: "published", answer, ..serving })
            }
            Event::Refused { fingerprint, error, .. } => {
                let findings = error.diagnostics().len();
                Some(Object { event: "refused", fingerprint: *fingerprint, findings, ..serving })
            }
            Event::SourceError { .. } => Some(Object { event: "source-error", ..serving }),
            Event::Recovered { .. } => Some(Object { event: "recovered", ..serving }),
            _ => None,
        }
    }

    /// The first finding with its place, and how many more there are. All of them is what `waterspout check` is for.
    fn first_of(&self, error: &Error) -> String {
        let [first, others @ ..] = error.diagnostics() else { return error.to_string() };
        // A list stands beside the flag file, and its name is a part of the finding.
        let place = match first.list() {
            Some(_) => self.file.parent().map(|folder| folder.join("").display().to_string()),
            None => Some(format!("{}:", self.file.display())),
        };
        let more = if others.is_empty() { String::new() } else { format!(", and {} more", others.len()) };
        format!("{}{first}{more}", place.unwrap_or_default())
    }

    fn line(&self, words: &str) {
        let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = Time::from(SystemTime::UNIX_EPOCH + Duration::from_secs(elapsed.as_secs()));
        self.send(format!("{now} {}\n", safe(words)));
    }

    fn send(&self, line: String) {
        // Where nobody listens, the run has ended.
        let _ = self.hear.send(Heard::Line(line));
    }
}

/// One line of JSON. Its keys and their order are a contract.
#[derive(Default)]
struct Object {
    event: &'static str,
    generation: u64,
    fingerprint: u128,
    flags: usize,
    findings: usize,
    answer: Option<String>,
}

impl Object {
    fn line(self) -> String {
        let Object { event, generation, fingerprint, flags, findings, answer } = self;
        let answer = answer.map(|answer| format!(",\"answer\":{answer}")).unwrap_or_default();
        format!(
            "{{\"event\":\"{event}\",\"generation\":{generation},\"fingerprint\":\"{fingerprint:032x}\",\
             \"flags\":{flags},\"findings\":{findings}{answer}}}\n"
        )
    }
}
