//! `deny-catches-unknown`

use waterspout::Severity;
use waterspout::flag_set::Condition;

use super::Lint;
use super::file::{Draft, File, Owner, attribute_of};
use crate::condition::leaves;
use crate::reach::World;
use crate::tree::Node;
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "deny-catches-unknown",
        severity: Severity::Warning,
        what: "A denial that also acts on those of whom an attribute is missing, without saying so.",
        why: "A denial acts where its condition is true or unknown, so that it never lets one slip through. Denying an app \
              version thus also denies every browser, which sends none.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "attributes": { "app_version": { "type": "version" } },
  "flags": {
    "new-checkout": {
      "deny": [{ "app_version": { "below": "2.4.3" } }],
      "rules": [{ "rollout": 50 }]
    }
  }
}"#,
            better: r#"{
  "version": 1,
  "attributes": { "app_version": { "type": "version" } },
  "flags": {
    "new-checkout": {
      "deny": [{ "app_version": { "present": true, "below": "2.4.3" } }],
      "rules": [{ "rollout": 50 }]
    }
  }
}"#,
        },
        instead: "Say `present` either way: `{ \"age\": { \"present\": true, \"below\": 18 } }` spares those without the \
                  attribute, `{ \"any\": [{ \"age\": { \"present\": false } }, { \"age\": { \"below\": 18 } }] }` means them.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (index, flag, member) in file.flags() {
        let nodes = member.value.get("deny").map(Node::items).unwrap_or_default();
        for (at, (condition, node)) in flag.deny().iter().zip(nodes).enumerate() {
            let missing = missing(file, condition);
            let (Some(first), true) = (missing.first(), acts(file, index, at)) else { continue };
            let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            drafts.push(
                Draft::new(
                    &LINT.rule,
                    node.span.clone(),
                    format!("deny {at} of `{}` also denies those without {}", flag.key(), names.join(" or ")),
                )
                .of(index)
                .label("unknown where it is missing, and a deny acts on unknown")
                .help(format!(
                    "add `\"{first}\": {{ \"present\": true }}` beside the test to spare them, or write \
                     `{{ \"any\": [{{ \"{first}\": {{ \"present\": false }} }}, ...] }}` to mean them"
                )),
            );
        }
    }
}

/// Whether the denial is the first that acts, for somebody. If not, that is told.
fn acts(file: &File<'_>, flag: usize, at: usize) -> bool {
    let reached = file.possible.get(flag).and_then(|possible| possible.reached.as_ref());
    file.root(Owner::Denial { flag, at }).is_some()
        && reached.is_none_or(|reached| reached.denials.get(at) == Some(&true))
}

/// The attributes of which each alone, if it is missing, makes the condition unknown. A service has all its facts.
fn missing<'f>(file: &File<'f>, condition: &'f Condition) -> Vec<&'f str> {
    let mut asked = Vec::new();
    leaves(file.set, condition, &mut |leaf| asked.extend(attribute_of(leaf.subject())));
    asked.sort_unstable();
    asked.dedup();
    let attributes = asked.iter().filter_map(|at| Some((*at, file.set.attributes().get(*at)?)));
    attributes
        .filter(|(at, attribute)| !attribute.is_fact() && is_unknown_without(file, condition, *at))
        .map(|(_, attribute)| attribute.name())
        .collect()
}

/// Whether the condition can be unknown where all other attributes are there.
fn is_unknown_without<'f>(file: &File<'f>, condition: &'f Condition, attribute: usize) -> bool {
    let Some(mut world) = World::of(file.set, [condition], None) else { return false };
    world.with(|other| other != attribute);
    let outcomes = world.term(condition).and_then(|term| world.outcomes(term));
    outcomes.is_some_and(|outcomes| outcomes.is_unknown)
}
