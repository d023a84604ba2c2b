//! The report of a finite run: a table, or JSON.

use std::fmt::{self, Write};
use std::time::Duration;

use waterspout::Json;

use super::Given;
use super::people::ANONYMOUS_ONE_IN;
use super::report::{FlagReport, Report, Subject};
use super::text::{counted, fit, grouped, is_hidden, percent, rounded, width};
use super::work::Work;
use crate::render::safe;

/// So many users stand in a row of the table.
const PEOPLE: usize = 5;

/// A finite run.
pub(super) struct Run<'r> {
    pub(super) file: &'r str,
    pub(super) fingerprint: u128,
    /// The instant that `now` stood for.
    pub(super) now: String,
    pub(super) seed: u32,
    pub(super) facts: &'r [Given],
    pub(super) report: &'r Report,
    pub(super) work: Work,
    pub(super) took: Duration,
    pub(super) threads: usize,
}

impl Run<'_> {
    /// `1,200,000 checks in 0.11 s on 1 thread: 11.1 M a second, 52 ns each`
    pub(super) fn speed(&self) -> String {
        speed(&self.work, self.took, self.threads)
    }

    fn per_second(&self) -> f64 {
        self.work.checks as f64 / self.took.as_secs_f64().max(1e-9)
    }

    pub(super) fn json(&self) -> String {
        let facts = self.facts.iter().map(|fact| (&*fact.name, fact.shown_json()));
        let speed = object([
            ("seconds", number(format!("{:.3}", self.took.as_secs_f64()))),
            ("threads", number(self.threads)),
            ("checks_per_second", number(format!("{:.0}", self.per_second()))),
            ("nanoseconds_per_check", number(format!("{:.1}", each(&self.work)))),
        ]);
        let json = object([
            ("file", text(self.file)),
            ("fingerprint", text(&format!("{:032x}", self.fingerprint))),
            ("now", text(&self.now)),
            ("facts", object(facts)),
            ("seed", number(self.seed)),
            ("users", number(self.report.users)),
            ("anonymous", number(self.report.anonymous)),
            ("checks", number(self.work.checks)),
            ("flags", Json::Array(self.report.flags.iter().map(|flag| self.flag_json(flag)).collect())),
            ("speed", speed),
        ]);
        // JSON itself lets through what could turn the direction of writing; there is an escape for that.
        let mut escaped = String::new();
        for character in json.to_string().chars() {
            if is_hidden(character) {
                character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                    let _ = write!(escaped, "\\u{unit:04x}");
                });
            } else {
                escaped.push(character);
            }
        }
        escaped
    }

    fn flag_json(&self, flag: &FlagReport) -> Json {
        let share = |count: u64| number(format!("{:.6}", count as f64 / self.report.users.max(1) as f64));
        let (mut variants, mut rules, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
        for row in &flag.rows {
            let (users, share) = (("users", number(row.count)), ("share", share(row.count)));
            match &row.subject {
                Subject::Variant { name, .. } => {
                    let keys = row.samples.keys().take(PEOPLE);
                    let sample = keys.map(|key| key.map_or(Json::Null, text)).collect();
                    variants.push(object([
                        ("variant", text(name)),
                        users,
                        share,
                        ("sample", Json::Array(sample)),
                    ]));
                }
                Subject::Rule { index, name } => {
                    let name = name.as_deref().map_or(Json::Null, text);
                    rules.push(object([("rule", number(index)), ("name", name), users, share]));
                }
                Subject::Reason(reason) => {
                    reasons.push(object([("reason", text(reason.as_str())), users, share]));
                }
            }
        }
        object([
            ("flag", text(&flag.key)),
            ("variants", Json::Array(variants.into())),
            ("rules", Json::Array(rules.into())),
            ("no_rule", Json::Array(reasons.into())),
        ])
    }
}

/// `1,200,000 checks in 0.11 s on 1 thread: 11.1 M a second, 52 ns each`
pub(super) fn speed(work: &Work, took: Duration, threads: usize) -> String {
    format!(
        "{} in {:.2} s on {}: {} a second, {:.0} ns each",
        counted(work.checks, "check", "checks"),
        took.as_secs_f64(),
        counted(threads as u64, "thread", "threads"),
        rounded(work.checks as f64 / took.as_secs_f64().max(1e-9)),
        each(work),
    )
}

/// Nanoseconds of one thread that a check took: asking and counting, without making up the users.
pub(super) fn each(work: &Work) -> f64 {
    work.asking.as_nanos() as f64 / work.checks.max(1) as f64
}

fn text(text: &str) -> Json {
    Json::Text(text.into())
}

fn number(number: impl fmt::Display) -> Json {
    number.to_string().parse().unwrap_or(Json::Null)
}

fn object<'k>(members: impl IntoIterator<Item = (&'k str, Json)>) -> Json {
    Json::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

/// The table.
impl fmt::Display for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = counted(self.report.flags.len() as u64, "flag", "flags");
        writeln!(
            f,
            "{}: {flags}, fingerprint {:032x}, as of {}",
            safe(self.file),
            self.fingerprint,
            self.now
        )?;
        for fact in self.facts {
            writeln!(f, "fact {fact}")?;
        }
        let users = counted(self.report.users, "made-up user", "made-up users");
        let anonymous = grouped(self.report.anonymous);
        writeln!(
            f,
            "{users} from seed {}, {anonymous} of them anonymous: 1 in {ANONYMOUS_ONE_IN}",
            self.seed
        )?;

        let rows = self.report.flags.iter().flat_map(|flag| &flag.rows);
        let labels = rows.map(|row| width(&row.subject.label())).max().unwrap_or(0).min(40);
        for flag in &self.report.flags {
            let description = match &*flag.description {
                "" => String::new(),
                description => format!(": {description}"),
            };
            writeln!(f, "\n{} ({}){description}", flag.key, flag.about)?;
            for row in &flag.rows {
                let people: Vec<String> = row.people().take(PEOPLE).collect();
                let rest = if row.says.is_empty() { people.join(", ") } else { row.says.clone() };
                let label = fit(&row.subject.label(), labels);
                let line = format!("  {label} {:>6} %  {rest}", percent(row.count, self.report.users));
                writeln!(f, "{}", line.trim_end())?;
            }
        }
        writeln!(f, "\n{}", self.speed())
    }
}
