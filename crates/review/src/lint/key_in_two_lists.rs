//! `key-in-two-lists`

use std::collections::BTreeSet;

use waterspout::Severity;
use waterspout::flag_set::{Condition, FlagDefinition, Outcome, Predicate, SegmentBody, Subject, TextTest};

use super::Lint;
use super::file::{Draft, File, Owner, attribute_of, named};
use crate::{Example, Rule};

/// How many entries a message names.
const SHOWN: usize = 3;

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "key-in-two-lists",
        severity: Severity::Warning,
        what: "An entry of a list that lets somebody in, while a list above it in the same flag decides otherwise: a denial, \
               or an earlier rule with another answer.",
        why: "Whoever put the entry there believes that it does something. A denial beats every rule, and the first rule that \
              applies decides.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "segments": {
    "early-adopters": { "keys": ["ada", "mallory"] },
    "blocked": { "keys": ["mallory", "trudy"] }
  },
  "flags": {
    "new-checkout": {
      "deny": [{ "segment": "blocked" }],
      "rules": [{ "when": { "segment": "early-adopters" } }]
    }
  }
}"#,
            better: r#"{
  "version": 1,
  "segments": {
    "early-adopters": { "keys": ["ada", "grace"] },
    "blocked": { "keys": ["mallory", "trudy"] }
  },
  "flags": {
    "new-checkout": {
      "deny": [{ "segment": "blocked" }],
      "rules": [{ "when": { "segment": "early-adopters" } }]
    }
  }
}"#,
        },
        instead: "Take the entry out of one of the two lists.",
    },
    find,
};

/// Entries by what they are entries of.
type Entries<'f> = BTreeSet<(Option<usize>, &'f str)>;

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (index, flag, _) in file.flags() {
        let mut decided: Vec<(String, Option<&Outcome>, Entries<'_>)> = Vec::new();
        for (at, condition) in flag.deny().iter().enumerate() {
            decided.push((format!("deny {at}"), None, alone(file, condition)));
        }
        for (at, rule) in flag.rules().iter().enumerate() {
            let Some(condition) = rule.when() else { continue };
            let entries = named_in(file, condition);
            if let Some(draft) = told(file, flag, &decided, &entries, rule.outcome(), at) {
                let owner = Owner::Rule { flag: index, at };
                drafts.extend(file.root(owner).map(|root| draft(root.placed.span.clone()).of(index)));
            }
            if rule.rollout().is_none() {
                decided.push((named(at, rule), Some(rule.outcome()), alone(file, condition)));
            }
        }
    }
}

type Told = Box<dyn Fn(std::ops::Range<usize>) -> Draft>;

/// What is told of a rule whose entries are decided above it.
fn told(
    file: &File<'_>,
    flag: &FlagDefinition,
    decided: &[(String, Option<&Outcome>, Entries<'_>)],
    entries: &Entries<'_>,
    outcome: &Outcome,
    at: usize,
) -> Option<Told> {
    let rule = named(at, flag.rules().get(at)?);
    for (above, answers, known) in decided {
        let both: Vec<_> = known.intersection(entries).copied().collect();
        if both.is_empty() || answers.is_some_and(|answers| is_same(answers, outcome)) {
            continue;
        }
        let who = shown(file, &both);
        let (message, help) = match answers {
            None => (
                format!("{rule} names {who}, and {above} denies the same"),
                "the deny wins: take it out of one list",
            ),
            Some(_) => (
                format!("{rule} names {who}, and {above} decides for the same"),
                "the first rule that applies decides: take it out of one list",
            ),
        };
        return Some(Box::new(move |span| Draft::new(&LINT.rule, span, message.clone()).help(help)));
    }
    None
}

fn is_same(one: &Outcome, other: &Outcome) -> bool {
    matches!((one, other), (Outcome::Serve(one), Outcome::Serve(other)) if one == other)
}

/// Some of the entries in words; those of a sensitive attribute are only counted.
fn shown(file: &File<'_>, entries: &[(Option<usize>, &str)]) -> String {
    let is_sensitive = |of: &Option<usize>| {
        of.and_then(|at| file.set.attributes().get(at)).is_some_and(|attribute| attribute.is_sensitive())
    };
    if entries.iter().any(|(of, _)| is_sensitive(of)) {
        return match entries.len() {
            1 => "an entry of a sensitive attribute".to_owned(),
            count => format!("{count} entries of a sensitive attribute"),
        };
    }
    let mut names: Vec<String> = entries.iter().take(SHOWN).map(|(_, entry)| format!("`{entry}`")).collect();
    if entries.len() > SHOWN {
        names.push(format!("{} more", entries.len() - SHOWN));
    }
    names.join(", ")
}

/// The entries for which a condition is true whatever else holds.
fn alone<'f>(file: &File<'f>, condition: &'f Condition) -> Entries<'f> {
    let mut entries = Entries::new();
    match condition {
        Condition::Any(parts) => parts.iter().for_each(|part| entries.extend(alone(file, part))),
        Condition::All(_) | Condition::Not(_) => {}
        other => add(file, other, &mut entries),
    }
    entries
}

/// The entries that a condition names in order to let them in, perhaps under further conditions.
fn named_in<'f>(file: &File<'f>, condition: &'f Condition) -> Entries<'f> {
    let mut entries = Entries::new();
    match condition {
        Condition::Any(parts) | Condition::All(parts) => {
            parts.iter().for_each(|part| entries.extend(named_in(file, part)));
        }
        Condition::Not(_) => {}
        other => add(file, other, &mut entries),
    }
    entries
}

fn add<'f>(file: &File<'f>, condition: &'f Condition, entries: &mut Entries<'f>) {
    match condition {
        Condition::Segment(index) => match file.set.segments().get(index.get()).map(|segment| segment.body())
        {
            Some(SegmentBody::Listed(listed)) => {
                entries.extend(listed.keys().map(|key| (listed.of().map(|of| of.get()), key)));
            }
            Some(SegmentBody::When(inner)) => entries.extend(alone(file, inner)),
            _ => {}
        },
        Condition::Test(test) if test.subject() != Subject::Now => {
            let of = attribute_of(test.subject());
            match test.predicate() {
                Predicate::Text(TextTest::Is(text)) => {
                    entries.insert((of, text));
                }
                Predicate::Text(TextTest::In(texts)) => entries.extend(texts.iter().map(|text| (of, text))),
                _ => {}
            }
        }
        _ => {}
    }
}
