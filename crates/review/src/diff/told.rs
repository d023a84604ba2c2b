//! The difference in sentences, for people in whatever format.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::{Cell, Change, Difference, FlagDifference, Kind, Share, Witness};

impl Difference {
    /// All of it in one line, at most 120 characters or so: the verdict.
    #[must_use]
    pub fn verdict(&self) -> String {
        let changed: Vec<&FlagDifference> = self.flags.iter().filter(|flag| flag.answers_change()).collect();
        if changed.is_empty() {
            let exact = if self.is_exact() { "" } else { ", as far as was looked" };
            return match self.flags.len() {
                0 => format!("nothing changed for anyone: no flag is written differently{exact}"),
                _ => {
                    format!("nobody's answer changes: {} written differently{exact}", flags(self.flags.len()))
                }
            };
        }
        let lost = changed.iter().filter(|flag| flag.shown().iter().any(|cell| !cell.lost.is_zero())).count();
        let switches = |flag: &FlagDifference| {
            let cells = flag.shown();
            cells.iter().all(|cell| cell.lost.is_zero()) && cells.iter().any(|cell| !cell.switched.is_zero())
        };
        let switched = changed.iter().filter(|flag| switches(flag)).count();
        let mut verdict = format!("{} change answers", flags(changed.len()));
        if changed.len() == 1 {
            verdict = format!("`{}` changes answers", changed[0].key);
        }
        let in_some = |count: usize| {
            if changed.len() == 1 { String::new() } else { format!("in {} ", flags(count)) }
        };
        match (lost, switched) {
            (0, 0) => verdict.push_str("; nobody who is in drops out"),
            (0, _) => {
                let _ = write!(verdict, "; {}somebody gets something else", in_some(switched));
            }
            _ => {
                let _ = write!(verdict, "; {}somebody drops out", in_some(lost));
            }
        }
        if !self.is_exact() {
            verdict.push_str(" (not exact)");
        }
        verdict
    }
}

pub(crate) fn flags(count: usize) -> String {
    if count == 1 { "1 flag".to_owned() } else { format!("{count} flags") }
}

impl FlagDifference {
    /// The cells that tell people what happens: of a flag that was renamed, those of the two keys together, once.
    #[must_use]
    pub fn shown(&self) -> &[Cell] {
        match &self.renamed {
            Some(_) if self.change == Change::Removed => &[],
            Some(renamed) => &renamed.cells,
            None => &self.cells,
        }
    }

    /// Whether somebody drops out.
    #[must_use]
    pub fn loses(&self) -> bool {
        self.cells.iter().any(|cell| !cell.lost.is_zero())
    }

    /// Whether somebody comes in.
    #[must_use]
    pub fn gains(&self) -> bool {
        self.cells.iter().any(|cell| !cell.gained.is_zero())
    }

    /// Whether somebody gets another variant or another value.
    #[must_use]
    pub fn switches(&self) -> bool {
        self.cells.iter().any(|cell| !cell.switched.is_zero())
    }

    /// The largest share of any cell to which something happens; named people aside.
    #[must_use]
    pub fn most(&self, kind: Kind) -> Share {
        let of_many = self.shown().iter().filter(|cell| !cell.is_named);
        of_many.map(|cell| cell.share(kind)).max().unwrap_or(Share::ZERO)
    }

    /// Those that a file names and to whom a kind of change happens.
    #[must_use]
    pub fn people(&self, kind: Kind) -> BTreeSet<&str> {
        let of_kind = self.shown().iter().flat_map(|cell| &cell.people).filter(|(it, _)| *it == kind);
        of_kind.flat_map(|(_, people)| people.iter().map(String::as_str)).collect()
    }

    /// What all cells with changes ask for: said once.
    #[must_use]
    pub fn common(&self) -> Vec<String> {
        let mut changed = self.shown().iter().filter(|cell| !cell.is_unchanged());
        let Some(first) = changed.next() else { return Vec::new() };
        if changed.clone().next().is_none() {
            return Vec::new();
        }
        let all = |part: &&String| changed.clone().all(|cell| cell.when.contains(part));
        first.when.iter().filter(all).cloned().collect()
    }

    /// Whether a kind of change happens to several shares.
    pub(crate) fn varies(&self, kind: Kind) -> bool {
        let of_many = self.shown().iter().filter(|cell| !cell.is_named && !cell.share(kind).is_zero());
        of_many.map(|cell| cell.share(kind)).collect::<BTreeSet<_>>().len() > 1
    }

    /// What became of it, in a few words.
    #[must_use]
    pub fn headline(&self) -> String {
        if let Some(other) = &self.renamed {
            let told = if self.change == Change::Added { "renamed from" } else { "renamed to" };
            let keeps = match (other.keeps_answers, other.keeps_salt) {
                (true, _) => "everyone keeps their answer",
                (false, true) => "not everyone keeps their answer",
                (false, false) => "without its salt, so everyone is drawn anew",
            };
            return format!("{told} `{}`: {keeps}", other.key);
        }
        let mut parts = Vec::new();
        for (kind, word) in
            [(Kind::Lost, "lose it"), (Kind::Switched, "get something else"), (Kind::Gained, "gain it")]
        {
            let people: Vec<String> = self.people(kind).into_iter().map(|name| format!("`{name}`")).collect();
            match people.as_slice() {
                [] => {}
                [one] => parts.push(format!("{one} {}", singular(kind))),
                some if some.len() <= 3 => parts.push(format!("{} {word}", some.join(", "))),
                many => parts.push(format!("{} named {word}", many.len())),
            }
            let most = self.most(kind);
            if !most.is_zero() {
                let to = if self.varies(kind) { "up to " } else { "" };
                parts.push(format!("{to}{most} {word}"));
            }
        }
        let what = parts.join(", ");
        match (self.change, what.is_empty()) {
            (Change::Added, true) => "new, off for everyone".to_owned(),
            (Change::Added, false) => format!("new: {what}"),
            (Change::Removed, true) => "removed; it was off for everyone".to_owned(),
            (Change::Removed, false) => format!("removed: {what}"),
            (Change::SameAnswers, _) => "written differently, nobody's answer changes".to_owned(),
            (Change::Changed, true) => {
                "too many cells to look at all; nothing was found to change".to_owned()
            }
            (Change::Changed, false) if self.monotone => format!("{what}; nobody drops out"),
            (Change::Changed, false) => what,
        }
    }
}

fn singular(kind: Kind) -> &'static str {
    match kind {
        Kind::Lost => "loses it",
        Kind::Switched => "gets something else",
        Kind::Gained => "gains it",
    }
}

impl Witness {
    /// How an answer came about.
    pub(crate) fn way(&self, answer: &Option<String>) -> String {
        self::answer(answer.as_deref())
    }

    /// `{"targetingKey":"user-4"}: off → on by rule 2 "everyone"`
    #[must_use]
    pub fn words(&self) -> String {
        let (before, after) = (answer(self.before.as_deref()), answer(self.after.as_deref()));
        let mut words = format!("`{}`", self.context);
        if self.facts.as_object().is_some_and(|facts| !facts.is_empty()) {
            let _ = write!(words, " with facts `{}`", self.facts);
        }
        if let Some(at) = self.at {
            let _ = write!(words, " from {at} on");
        }
        let _ = write!(words, ": {before} → {after}");
        words
    }

    /// The command that shows its answer in a file.
    #[must_use]
    pub fn command(&self, flag: &str, file: &str) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let mut command = format!("waterspout explain {file} --flag {flag}");
        for (name, value) in self.facts.as_object().into_iter().flatten() {
            let _ = write!(command, " --fact {}", quoted(&format!("{name}={value}")));
        }
        if let Some(at) = self.at {
            let _ = write!(command, " --now {at}");
        }
        let _ = write!(command, " --context {}", quoted(&self.context.to_string()));
        command
    }
}

/// `on by rule 2 "everyone"`, as an answer's object says it.
fn answer(json: Option<&str>) -> String {
    let Some(json) = json else { return "no such flag".to_owned() };
    let Ok(Value::Object(answer)) = serde_json::from_str::<Value>(json) else { return json.to_owned() };
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    let variant = text("variant").unwrap_or("?");
    let by = match (answer.get("rule").and_then(Value::as_u64), text("name"), text("reason")) {
        (Some(rule), Some(name), _) => format!("rule {rule} `{name}`"),
        (Some(rule), None, _) => format!("rule {rule}"),
        (None, _, Some("DEFAULT" | "STATIC")) => "the default".to_owned(),
        (None, _, Some("DENIED")) => "a deny".to_owned(),
        (None, _, Some("DISABLED")) => "the kill switch".to_owned(),
        (None, _, Some("PREREQUISITE_FAILED")) => "an unmet requirement".to_owned(),
        _ => "?".to_owned(),
    };
    format!("{variant} by {by}")
}
