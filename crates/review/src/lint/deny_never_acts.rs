//! `deny-never-acts`

use waterspout::Severity;

use super::Lint;
use super::file::{Draft, File, Owner};
use crate::tree::Node;
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "deny-never-acts",
        severity: Severity::Warning,
        what: "A denial that denies nobody: its condition is false for everyone, or the denials above it deny them already.",
        why: "A denial is written to keep somebody out. One that keeps out nobody gives false safety.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "segments": { "blocked": { "keys": ["mallory"] } },
  "flags": {
    "new-checkout": {
      "deny": [{ "segment": "blocked", "key": { "present": false } }],
      "rules": [{ "rollout": 50 }]
    }
  }
}"#,
            better: r#"{
  "version": 1,
  "segments": { "blocked": { "keys": ["mallory"] } },
  "flags": {
    "new-checkout": {
      "deny": [{ "segment": "blocked" }, { "key": { "present": false } }],
      "rules": [{ "rollout": 50 }]
    }
  }
}"#,
        },
        instead: "Say who is to be denied: conditions of which one is enough are denials of their own. If nobody is, delete it.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (index, flag, member) in file.flags() {
        let Some(reached) = file.possible.get(index).and_then(|possible| possible.reached.as_ref()) else {
            continue;
        };
        let nodes = member.value.get("deny").map(Node::items).unwrap_or_default();
        for (at, (acts, node)) in reached.denials.iter().zip(nodes).enumerate() {
            if *acts {
                continue;
            }
            let outcomes = file.root(Owner::Denial { flag: index, at }).and_then(|root| root.outcomes);
            let is_false = outcomes.is_some_and(|outcomes| !outcomes.is_true && !outcomes.is_unknown);
            let (label, help) = if is_false {
                ("this is false for everyone", "say who is to be denied, or delete it")
            } else {
                ("those above it deny the same already", "delete it, or say who else is to be denied")
            };
            drafts.push(
                Draft::new(
                    &LINT.rule,
                    node.span.clone(),
                    format!("deny {at} of `{}` never acts", flag.key()),
                )
                .of(index)
                .label(label)
                .help(help),
            );
        }
    }
}
