//! `percent-decreased`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "percent-decreased",
        severity: Severity::Error,
        what: "A rule whose rollout goes down, so that units that are in drop out.",
        why: "Whoever had the feature loses it, in the middle of whatever they do with it. Lowering a percentage \
              is right when something is broken; otherwise it is a slip.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 25 }] } } }"#,
            after: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 10 }] } } }"#,
        },
        instead: "Leave the percentage, or grow it. To stop a feature for everyone, set `enabled` to false: that is \
                  one word, and one word to undo.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    if edit.broke().monotone {
        return Vec::new();
    }
    edit.of(&[Touched::RolloutLowered]).map(|it| edit.told(it)).collect()
}
