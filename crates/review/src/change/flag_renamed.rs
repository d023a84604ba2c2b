//! `flag-renamed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Change;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "flag-renamed",
        severity: Severity::Warning,
        what: "A flag under another key.",
        why: "A service that asks for the old key gets the default in its code until it asks for the new one.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 25 }] } } }"#,
            after: r#"{ "version": 1, "flags": { "gamma": { "salt": "beta", "rules": [{ "rollout": 25 }] } } }"#,
        },
        instead: "Keep the old key for a while, as a flag that requires the new one.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let Some(other) = edit.broke().renamed.as_ref().filter(|_| edit.broke().change == Change::Added) else {
        return Vec::new();
    };
    let message = format!("renamed from `{}`", other.key);
    let help = format!("keep `{}` until no service asks for it: FORMAT.md, \"Renaming a flag\"", other.key);
    vec![Draft::new(message, help)]
}
