//! `rename-moves-people`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Change;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "rename-moves-people",
        severity: Severity::Error,
        what: "A flag under another key that does not answer as it did under the old one.",
        why: "The salt of a flag is its key unless the file says otherwise. With a new key everyone is drawn anew.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 25 }] } } }"#,
            after: r#"{ "version": 1, "flags": { "gamma": { "rules": [{ "rollout": 25 }] } } }"#,
        },
        instead: "Write the old key as the `salt` of the renamed flag.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let moved = edit.broke().renamed.as_ref().filter(|other| !other.keeps_answers);
    let Some(other) = moved.filter(|_| edit.broke().change == Change::Added) else { return Vec::new() };
    let message = format!("renamed from `{}`, and not everyone keeps their answer", other.key);
    let help = if other.keeps_salt {
        "rename first, and edit in a change of its own".to_owned()
    } else {
        format!("write `\"salt\": \"{}\"`", other.key)
    };
    vec![Draft::new(message, help)]
}
