//! `waiver-expired`

use waterspout::Severity;
use waterspout::flag_set::Waiver;

use super::file::Draft;
use crate::tree::{Node, unquoted};
use crate::{Example, Rule};

pub(super) const RULE: Rule = Rule {
    name: "waiver-expired",
    severity: Severity::Error,
    what: "A waiver whose `until` is over.",
    why: "A waiver is a promise to look again by a date. If nothing happened on it, waivers would be for ever. No service \
          refuses the file for it; a check fails.",
    example: Example::File {
        doubtful: r#"{
  "version": 1,
  "flags": {
    "new-checkout": {
      "rules": [{ "rollout": 100 }],
      "waive": [{ "rule": "rollout-of-100", "reason": "only members buy", "until": "2020-06-30" }]
    }
  }
}"#,
        better: r#"{
  "version": 1,
  "flags": {
    "new-checkout": {
      "rules": [{ "rollout": 100 }],
      "waive": [{ "rule": "rollout-of-100", "reason": "only members buy", "until": "9999-06-30" }]
    }
  }
}"#,
    },
    instead: "Mend what is waived and delete the waiver. If it is still right, give it a new date, and let a reviewer agree.",
};

pub(super) fn draft(waiver: &Waiver, node: &Node<'_>, finds: bool) -> Option<Draft> {
    let until = node.get("until")?;
    let day = unquoted(until.spelt()?);
    let help = if finds {
        "mend what it waives, or agree on a new date"
    } else {
        "it waives nothing any more: delete it"
    };
    let message = format!("the waiver of `{}` was until {day}", waiver.rule());
    Some(Draft::new(&RULE, until.span.clone(), message).label("this day is over").help(help))
}
