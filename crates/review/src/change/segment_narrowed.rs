//! `segment-narrowed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "segment-narrowed",
        severity: Severity::Error,
        what: "A condition, of a segment or of a rule, that holds for fewer, so that somebody drops out or gets \
               something else.",
        why: "A segment is used by many flags, and an edit of it changes all of them at once, though none of their \
              lines is touched.",
        example: Example::Edit {
            before: r#"{ "version": 1, "attributes": { "country": { "type": "string" } }, "segments": { "dach": { "when": { "country": { "in": ["AT", "CH", "DE"] } } } },
  "flags": { "beta": { "rules": [{ "when": { "segment": "dach" } }] } } }"#,
            after: r#"{ "version": 1, "attributes": { "country": { "type": "string" } }, "segments": { "dach": { "when": { "country": { "in": ["AT", "DE"] } } } },
  "flags": { "beta": { "rules": [{ "when": { "segment": "dach" } }] } } }"#,
        },
        instead: "Add to the condition rather than take from it, or give this flag a condition of its own.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let narrowed = edit.of(&[Touched::SegmentWhen, Touched::When, Touched::Attribute]);
    narrowed.filter(|it| edit.breaks(it)).map(|it| edit.told(it)).collect()
}
