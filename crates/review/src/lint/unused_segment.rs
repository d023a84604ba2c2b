//! `unused-segment`

use std::collections::HashSet;

use waterspout::Severity;
use waterspout::flag_set::{Condition, Rule as FlagRule, SegmentBody};

use super::Lint;
use super::file::{Draft, File};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "unused-segment",
        severity: Severity::Warning,
        what: "A segment that no flag uses, neither by itself nor through another segment.",
        why: "People keep such a list up to date in the belief that it decides something.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "segments": { "early-adopters": { "keys": ["ada", "grace"] } },
  "flags": {
    "new-checkout": { "rules": [{ "rollout": 5 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "segments": { "early-adopters": { "keys": ["ada", "grace"] } },
  "flags": {
    "new-checkout": { "rules": [{ "when": { "segment": "early-adopters" } }, { "rollout": 5 }] }
  }
}"#,
        },
        instead: "Use it, or delete it. Git keeps the list.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    let mut used = HashSet::new();
    for flag in file.set.flags() {
        let conditions = flag.deny().iter().chain(flag.rules().iter().filter_map(FlagRule::when));
        conditions.for_each(|condition| add_segments(file, condition, &mut used));
    }
    for (at, member) in file.members("segments").iter().enumerate() {
        if !used.contains(&at) {
            let message = format!("no flag uses the segment `{}`", member.key);
            drafts.push(
                Draft::new(&LINT.rule, member.key_span.clone(), message)
                    .help("use it in a condition, or delete it"),
            );
        }
    }
}

fn add_segments(file: &File<'_>, condition: &Condition, used: &mut HashSet<usize>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| add_segments(file, part, used));
        }
        Condition::Not(inner) => add_segments(file, inner, used),
        Condition::Segment(index) if used.insert(index.get()) => {
            if let Some(SegmentBody::When(inner)) = file.set.segments().get(index.get()).map(|it| it.body()) {
                add_segments(file, inner, used);
            }
        }
        _ => {}
    }
}
