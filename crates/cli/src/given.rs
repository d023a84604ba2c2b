//! What is given beside a flag file to answer from it: facts, and the time.

use std::time::SystemTime;

use waterspout::flag_set::{AttributeDefinition, FlagSet};
use waterspout::{Diagnostic, Error, FactFault, Facts, Json, OwnedContext, Snapshot, Time};

use crate::exit::{Stop, Trouble};

#[derive(Clone, Debug, clap::Args)]
pub struct Given {
    /// Answer as of this time instead of now: `2026-12-24` or `2026-12-24T08:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Time>,

    /// A fact of the service, once for each that the file declares; a text wants its quotes:
    /// --fact 'environment="production"'
    #[arg(long = "fact", value_name = "NAME=JSON", value_parser = fact)]
    facts: Vec<Fact>,
}

#[derive(Clone, Debug)]
struct Fact {
    name: String,
    value: Json,
}

impl Given {
    /// The flags, ready to answer.
    pub fn compile(&self, set: &FlagSet) -> Result<Snapshot, Stop> {
        Ok(Snapshot::compile(set, &self.facts(set)?, self.now()))
    }

    /// The facts. Those that do not fit the file are a slip of the hand: all of them are told.
    pub fn facts(&self, set: &FlagSet) -> Result<Facts, Stop> {
        let mut facts = Facts::new();
        let mut troubles = Vec::new();
        for (index, fact) in self.facts.iter().enumerate() {
            if self.facts.iter().take(index).any(|earlier| earlier.name == fact.name) {
                let message = format!("the fact `{}` is given twice", fact.name);
                troubles.push(Trouble::new(message).help("give it once"));
            } else {
                facts = facts.with_json(&fact.name, &fact.value);
            }
        }
        troubles.extend(facts.check(set).iter().map(|fault| told(fault, set)));
        if troubles.is_empty() { Ok(facts) } else { Err(Stop::CouldNotRun(troubles)) }
    }

    /// The time to answer as of: the one given, or that of the clock.
    pub fn now(&self) -> Time {
        self.now.unwrap_or_else(|| Time::from(SystemTime::now()))
    }
}

/// A context given as JSON. Its own text is never told: it may hold what the file calls sensitive.
pub fn context(text: &str, place: impl Fn(&Diagnostic) -> String) -> Result<OwnedContext, Stop> {
    OwnedContext::from_json(text).map_err(|error: Error| {
        let trouble = |finding: &Diagnostic| {
            // A key that stands twice says in its help on which line; a context seldom has more than one.
            let help = finding.help().filter(|_| finding.code() != "duplicate-key");
            Trouble::new(format!("{}: {}", place(finding), finding.message())).maybe_help(help)
        };
        Stop::CouldNotRun(error.diagnostics().iter().map(trouble).collect())
    })
}

fn told(fault: &FactFault, set: &FlagSet) -> Trouble {
    match fault {
        FactFault::Absent { name, .. } => Trouble::new(fault.to_string()).help(remedy(name, set)),
        FactFault::Mistyped { name, .. } => Trouble::new(fault.to_string()).help(remedy(name, set)),
        FactFault::Undeclared { name } => {
            let message = match set.attribute(name) {
                Some(_) => format!("the flag file declares `{name}` as an attribute, but not as a fact"),
                None => format!("the flag file declares no fact `{name}`"),
            };
            let declared: Vec<String> = set
                .attributes()
                .iter()
                .filter(|attribute| attribute.is_fact())
                .map(|fact| format!("`{}`", fact.name()))
                .collect();
            let help = match (set.attribute(name), declared.as_slice()) {
                (Some(_), _) => "give it in the context".to_owned(),
                (None, []) => "it declares none: leave it out".to_owned(),
                (None, declared) => format!("it declares {}", declared.join(", ")),
            };
            Trouble::new(message).help(help)
        }
        _ => Trouble::new(fault.to_string()),
    }
}

/// The option that gives a fact, with a value that would do.
fn remedy(name: &str, set: &FlagSet) -> String {
    let first = set.attribute(name).and_then(AttributeDefinition::one_of).and_then(<[_]>::first);
    let value = match (first, set.attribute(name).map(|attribute| attribute.kind().as_str())) {
        (Some(first), _) => Json::Text(first.clone()).to_string(),
        (None, Some("number")) => "7".to_owned(),
        (None, Some("bool")) => "true".to_owned(),
        (None, Some("version")) => "\"2.3.1\"".to_owned(),
        (None, Some("time")) => "\"2026-12-01T08:00:00Z\"".to_owned(),
        (None, Some("ip")) => "\"192.0.2.1\"".to_owned(),
        (None, Some("strings")) => "[\"one\", \"other\"]".to_owned(),
        _ => "\"...\"".to_owned(),
    };
    format!("give it as --fact '{name}={value}'")
}

/// A time as an option has it.
pub fn time(text: &str) -> Result<Time, String> {
    let message =
        "no time: write `2026-12-24` for its midnight in UTC, or `2026-12-24T08:00:00Z`, with an offset";
    Time::parse(text).ok_or_else(|| message.to_owned())
}

fn fact(text: &str) -> Result<Fact, String> {
    let Some((name, value)) = text.split_once('=') else {
        return Err("there is no `=` in it: write --fact 'NAME=JSON'".to_owned());
    };
    match value.parse::<Json>() {
        Ok(value) => Ok(Fact { name: name.to_owned(), value }),
        Err(_) if is_bare_text(value) => {
            let text = Json::Text(value.into());
            Err(format!("`{value}` is not JSON; a text wants its quotes: --fact '{name}={text}'"))
        }
        Err(error) => {
            let findings = error.diagnostics().iter().map(Diagnostic::message);
            Err(findings.collect::<Vec<_>>().join("; "))
        }
    }
}

/// Whether a value looks like a text that lacks its quotes.
fn is_bare_text(value: &str) -> bool {
    value.starts_with(char::is_alphanumeric)
        && !value.contains(['"', '\'', '\\'])
        && !value.contains(char::is_control)
}
