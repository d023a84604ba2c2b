//! `waterspout simulate`: real answers for a stream of made-up users, counted, in a live table.
//!
//! The counts are those of the library: users come from a seed, worker threads ask every flag for every user, each
//! through its own reader, and the real loader follows the file. So an edit of the file changes the table while it runs.

mod live;
mod people;
mod plain;
mod report;
mod screen;
mod tally;
mod text;
mod work;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use waterspout::flag_set::{AttributeDefinition, FlagSet};
use waterspout::{AttributeKind, Error, Event, FactFault, Facts, Json, Loader, Time};

use crate::exit::{Exit, Stop, Trouble};
use crate::read::{FlagFile, is_stdin};
use crate::render::{safe, tell_refused};
use live::Notice;
use report::Report;
use work::{Crew, Theatre};

/// What a run without a terminal asks, if nothing is said.
const PLAIN_USERS: u64 = 100_000;

/// Show who gets what, live: made-up users, real answers
///
/// Asks every flag for a stream of made-up users and counts the answers. In a terminal it is a live table that follows
/// the file: edit it, and watch. Elsewhere, and with --plain, it asks a fixed number of users, prints the shares, and ends.
///
/// One user in twenty is anonymous, and at most one in a hundred is somebody whom the file names. Attributes with
/// well-known names (country, email, app_version, account_id ...) get likely values, others get values of their type.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
In the table:
  up, down            choose a flag
  page up, page down  scroll its rows
  q, Esc, Ctrl-C      leave

Exit codes:
  0  it ran
  1  the file is refused: findings on stderr
  2  it could not run: a file cannot be read, an option is wrong, a fact does not fit
  3  a bug in this program

Examples:
  waterspout simulate flags.json
  waterspout simulate flags.json --now 2026-12-24 --fact 'environment=\"staging\"'
  waterspout simulate flags.json --users 1000000 --format json | jq .flags[0]"
)]
pub struct Args {
    /// The flag file
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// A fact of the service; a text wants its quotes: --fact 'environment="production"'. Of a fact that is not given,
    /// the first of its `one_of` is taken
    #[arg(long = "fact", value_name = "NAME=JSON", value_parser = fact)]
    facts: Vec<(String, Json)>,

    /// Answer as of this time instead of now: `2026-12-24` or `2026-12-24T08:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Time>,

    /// Other users; the same seed makes the same users
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u32,

    /// Stop after so many users [default: never in a terminal, else 100000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    users: Option<u64>,

    /// Worker threads [default: one less than there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// No live table: ask, print the shares, end
    #[arg(long)]
    plain: bool,

    /// How the shares are printed; `json` means --plain
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

fn time(text: &str) -> Result<Time, String> {
    let message =
        "no time: write `2026-12-24` for its midnight in UTC, or `2026-12-24T08:00:00Z`, with an offset";
    Time::parse(text).ok_or_else(|| message.to_owned())
}

fn fact(text: &str) -> Result<(String, Json), String> {
    let (name, value) = text.split_once('=').ok_or("there is no `=` in it: write --fact 'NAME=JSON'")?;
    let value = value
        .parse()
        .map_err(|_| format!("`{value}` is not JSON; a text wants its quotes: --fact '{name}=\"...\"'"))?;
    Ok((name.to_owned(), value))
}

/// Runs the command.
pub fn run(args: Args) -> ExitCode {
    simulate(&args).unwrap_or_else(Stop::tell).into()
}

fn simulate(args: &Args) -> Result<Exit, Stop> {
    if is_stdin(&args.file) {
        let trouble = Trouble::new("`-` cannot be followed").help("give the path of a flag file");
        return Err(trouble.into());
    }
    let file = FlagFile::open(&args.file)?;
    let set = file.flag_set_or_tell()?;
    let simulation = Simulation {
        path: args.file.clone(),
        theatre: Arc::new(Theatre::new(&set, args.seed)),
        seed: args.seed,
        facts: facts(&args.facts, &set)?,
        now: args.now,
        threads: args.threads.map_or_else(spare_processors, usize::from),
        file,
    };
    let live = !args.plain && args.format == Format::Text && io::stdout().is_terminal() && !is_dumb();
    if live {
        simulation.live(args.users)
    } else {
        simulation.plain(args.users.unwrap_or(PLAIN_USERS), args.format)
    }
}

/// A terminal that cannot move its cursor.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// One processor is left for the table, and for whoever else is there.
fn spare_processors() -> usize {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    all.saturating_sub(1).max(1)
}

/// What is wrong with a file, one line for each finding, led by its place.
fn findings(error: &Error, file: &Path) -> Vec<String> {
    let folder = file.parent().map(|folder| folder.join("").display().to_string()).unwrap_or_default();
    let line = |finding: &waterspout::Diagnostic| match finding.list() {
        Some(_) => safe(&format!("{folder}{finding}")).into_owned(),
        None => safe(&format!("{}:{finding}", file.display())).into_owned(),
    };
    match error.diagnostics() {
        [] => vec![safe(&error.to_string()).into_owned()],
        found => found.iter().map(line).collect(),
    }
}

/// A fact that the simulation runs with.
#[derive(Debug)]
struct Given {
    name: String,
    value: Json,
    sensitive: bool,
    origin: FactOrigin,
}

#[derive(Debug, PartialEq, Eq)]
enum FactOrigin {
    Option,
    FirstOfOneOf,
    MadeUp,
}

impl Given {
    fn shown_json(&self) -> Json {
        if self.sensitive { Json::Text("(sensitive)".into()) } else { self.value.clone() }
    }
}

/// `environment = "production" (the first of its one_of; choose with --fact)`
impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.sensitive {
            "(sensitive)".to_owned()
        } else {
            safe(&self.value.to_string()).into_owned()
        };
        let origin = match self.origin {
            FactOrigin::Option => "",
            FactOrigin::FirstOfOneOf => " (the first of its one_of; choose with --fact)",
            FactOrigin::MadeUp => " (made up; choose with --fact)",
        };
        write!(f, "{} = {value}{origin}", self.name)
    }
}

/// All facts that the file declares: given, or chosen.
fn facts(given: &[(String, Json)], set: &FlagSet) -> Result<Vec<Given>, Stop> {
    let is_given = |attribute: &AttributeDefinition| given.iter().any(|(name, _)| name == attribute.name());
    let declared = set.attributes().iter().filter(|attribute| attribute.is_fact());
    let given = given.iter().map(|(name, value)| Given {
        name: name.clone(),
        value: value.clone(),
        sensitive: set.attribute(name).is_some_and(AttributeDefinition::is_sensitive),
        origin: FactOrigin::Option,
    });
    let facts: Vec<Given> = given.chain(declared.filter(|fact| !is_given(fact)).map(chosen)).collect();
    let trouble = |fault: &FactFault| match fault {
        // A service ignores such a fact; here it is a slip of the hand.
        FactFault::Undeclared { name } => Trouble::new(format!("the flag file declares no fact `{name}`")),
        fault => Trouble::new(fault.to_string()),
    };
    let mut troubles: Vec<Trouble> = loaded(&facts).check(set).iter().map(trouble).collect();
    for (place, fact) in facts.iter().enumerate() {
        if facts.iter().take(place).any(|earlier| earlier.name == fact.name) {
            troubles
                .push(Trouble::new(format!("the fact `{}` is given twice", fact.name)).help("give it once"));
        }
    }
    if troubles.is_empty() { Ok(facts) } else { Err(Stop::CouldNotRun(troubles)) }
}

/// Some value for a fact.
fn chosen(attribute: &AttributeDefinition) -> Given {
    let first = attribute.one_of().and_then(|one_of| one_of.first());
    let origin = if first.is_some() { FactOrigin::FirstOfOneOf } else { FactOrigin::MadeUp };
    let made_up = match attribute.kind() {
        AttributeKind::Number => "1",
        AttributeKind::Bool => "false",
        AttributeKind::Version => "\"1.0.0\"",
        AttributeKind::Time => "\"2026-01-01\"",
        AttributeKind::Ip => "\"192.0.2.1\"",
        AttributeKind::Texts => "[]",
        _ => "\"example\"",
    };
    let value = match first {
        Some(first) => Json::Text(first.clone()),
        None => made_up.parse().unwrap_or(Json::Null),
    };
    Given { name: attribute.name().to_owned(), value, sensitive: attribute.is_sensitive(), origin }
}

fn loaded(facts: &[Given]) -> Facts {
    facts.iter().fold(Facts::new(), |facts, fact| facts.with_json(&fact.name, &fact.value))
}

/// A simulation that can start.
struct Simulation {
    file: FlagFile,
    path: PathBuf,
    theatre: Arc<Theatre>,
    seed: u32,
    facts: Vec<Given>,
    now: Option<Time>,
    threads: usize,
}

impl Simulation {
    fn loader(&self) -> Loader {
        let loader = Loader::file(&self.path).facts(loaded(&self.facts));
        match self.now {
            Some(now) => loader.clock(move || now),
            None => loader,
        }
    }

    /// The instant that `now` stands for.
    fn instant(&self) -> Time {
        self.now.unwrap_or_else(|| Time::from(SystemTime::now()))
    }

    /// The file was fine a moment ago.
    fn cannot_start(&self, error: &Error) -> Stop {
        if error.is_refused() {
            tell_refused(&self.file, error.diagnostics());
            return Stop::Refused;
        }
        Trouble::new(error.to_string()).into()
    }

    fn plain(&self, users: u64, format: Format) -> Result<Exit, Stop> {
        let now = self.instant();
        let loader = self.loader().clock(move || now);
        let flags = loader.read_once().map_err(|error| self.cannot_start(&error))?;
        let start = Instant::now();
        let mut crew = Crew::start(&flags, &self.theatre, self.threads, Some(users));
        if !crew.finish() {
            return Ok(Exit::Bug);
        }
        let took = start.elapsed();
        let (tally, work) = crew.counts();
        let run = plain::Run {
            file: self.file.name(),
            fingerprint: flags.status().fingerprint,
            now: now.to_string(),
            seed: self.seed,
            facts: &self.facts,
            report: &Report::of(&self.theatre.stage().layout, &tally),
            work,
            took,
            threads: self.threads,
        };
        let text = if format == Format::Json { run.json() + "\n" } else { run.to_string() };
        io::stdout().write_all(text.as_bytes())?;
        Ok(Exit::Fine)
    }

    fn live(&self, users: Option<u64>) -> Result<Exit, Stop> {
        let notices: Arc<Mutex<Vec<Notice>>> = Arc::default();
        let (theatre, path, told) = (Arc::clone(&self.theatre), self.path.clone(), Arc::clone(&notices));
        let tell = move |event: &Event| {
            if matches!(event, Event::Published { .. }) {
                // What was published is read again to be described. If somebody has edited it in between, the next
                // publication follows at once.
                if let Ok(Ok(set)) = FlagFile::open(&path).map(|file| file.flag_set()) {
                    theatre.change(&set);
                }
            }
            told.lock().unwrap_or_else(PoisonError::into_inner).extend(Notice::of(event, &path));
        };
        let loader = self.loader().poll(Duration::from_millis(200)).on_event(tell);
        let flags = loader.start().map_err(|error| self.cannot_start(&error))?;
        let crew = Crew::start(&flags, &self.theatre, self.threads, users);
        live::run(self, &flags, crew, &notices, users)
    }
}
