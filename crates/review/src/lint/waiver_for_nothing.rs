//! `waiver-for-nothing`

use waterspout::Severity;
use waterspout::flag_set::Waiver;

use super::file::Draft;
use crate::tree::Node;
use crate::{Example, Rule, rules};

pub(super) const RULE: Rule = Rule {
    name: "waiver-for-nothing",
    severity: Severity::Warning,
    what: "A waiver of a rule that finds nothing in its flag, or of one that does not exist.",
    why: "It will silence the next finding, which nobody has looked at. Or its rule is misspelt, and it silences nothing.",
    example: Example::File {
        doubtful: r#"{
  "version": 1,
  "flags": {
    "new-checkout": {
      "rules": [{ "rollout": 5 }],
      "waive": [{ "rule": "rollout-of-100", "reason": "only members buy", "until": "9999-06-30" }]
    }
  }
}"#,
        better: r#"{
  "version": 1,
  "flags": {
    "new-checkout": { "rules": [{ "rollout": 5 }] }
  }
}"#,
    },
    instead: "Delete it, or write the rule's name as the finding has it.",
};

pub(super) fn draft(waiver: &Waiver, node: &Node<'_>, flag: &str) -> Option<Draft> {
    let rule = node.get("rule")?;
    let draft = if crate::rule(waiver.rule()).is_some() {
        let message = format!("`{}` finds nothing to waive in `{flag}`", waiver.rule());
        Draft::new(&RULE, rule.span.clone(), message).help("delete the waiver")
    } else {
        let message = format!("there is no rule `{}` to waive", waiver.rule());
        let draft = Draft::new(&RULE, rule.span.clone(), message);
        match similar(waiver.rule()) {
            Some(near) => draft.help(format!("did you mean `{near}`?")),
            None => draft.help("`waterspout rule` lists all of them"),
        }
    };
    Some(draft)
}

fn similar(name: &str) -> Option<&'static str> {
    let near = rules().map(|rule| (strsim::damerau_levenshtein(name, rule.name), rule.name)).min()?;
    (near.0 <= 3).then_some(near.1)
}
