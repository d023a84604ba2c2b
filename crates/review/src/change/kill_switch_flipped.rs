//! `kill-switch-flipped`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "kill-switch-flipped",
        severity: Severity::Warning,
        what: "A flag that is disabled, or enabled again.",
        why: "Disabled, everyone has what is off at once. Enabled again, everyone whom the rules mean comes back \
              at once, however long ago they were written.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 50 }] } } }"#,
            after: r#"{ "version": 1, "flags": { "beta": { "enabled": false, "rules": [{ "rollout": 50 }] } } }"#,
        },
        instead: "When it is enabled again, start with a small rollout. If it stays disabled, take it out of the code.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    edit.of(&[Touched::Enabled]).map(|it| edit.told(it)).collect()
}
