//! `shared-salt`

use std::collections::HashMap;

use waterspout::Severity;
use waterspout::flag_set::{AttributeIndex, FlagDefinition, Outcome, Rule as FlagRule};

use super::Lint;
use super::file::{Draft, File};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "shared-salt",
        severity: Severity::Warning,
        what: "Two flags that draw with one salt, and so roll out to the same people in the same order.",
        why: "The unlucky first 5 % get every new thing at once, and two experiments with one salt measure each other. A \
              copied flag often brings the salt of the other along.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "flags": {
    "new-checkout": { "rules": [{ "rollout": 5 }] },
    "new-search": { "salt": "new-checkout", "rules": [{ "rollout": 5 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "flags": {
    "new-checkout": { "rules": [{ "rollout": 5 }] },
    "new-search": { "rules": [{ "rollout": 5 }] }
  }
}"#,
        },
        instead: "Leave the salt out while nobody is in yet. If the same people are meant, as where a flag is renamed, waive \
                  it and say so.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    let mut first: HashMap<(&str, Option<AttributeIndex>), usize> = HashMap::new();
    for (index, flag, member) in file.flags().filter(|(_, flag, _)| draws(flag)) {
        let Some(other) = first.get(&(flag.salt(), flag.bucket_by())).copied() else {
            first.insert((flag.salt(), flag.bucket_by()), index);
            continue;
        };
        let Some(key) = file.set.flags().get(other).map(FlagDefinition::key) else { continue };
        let place =
            member.value.get("salt").map_or_else(|| member.key_span.clone(), |salt| salt.span.clone());
        drafts.push(
            Draft::new(&LINT.rule, place, format!("`{}` and `{key}` draw with one salt", flag.key()))
                .of(index)
                .label("the same people, in the same order")
                .help("leave the salt out while nobody is in yet, or waive this and say why"),
        );
    }
}

/// Whether it matters where a unit of the flag falls.
fn draws(flag: &FlagDefinition) -> bool {
    let draws = |rule: &FlagRule| {
        let rolls = rule.rollout().is_some_and(|rollout| !matches!(rollout.thousandths(), 0 | 100_000));
        let splits = match rule.outcome() {
            Outcome::Split(parts) => parts.iter().filter(|(_, weight)| weight.thousandths() > 0).count() > 1,
            _ => false,
        };
        rolls || splits
    };
    flag.rules().iter().any(draws)
}
