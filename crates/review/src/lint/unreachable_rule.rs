//! `unreachable-rule`

use waterspout::Severity;
use waterspout::flag_set::FlagDefinition;

use super::Lint;
use super::file::{Draft, File, Owner, named};
use crate::reach::{Left, Ways};
use crate::{Example, Rule};

/// The most rules above which are tried as the cause.
const TRIED: usize = 16;

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "unreachable-rule",
        severity: Severity::Warning,
        what: "A rule that decides for nobody: whoever it could apply to is denied, or decided by a rule above it.",
        why: "The first rule that applies decides, and the percentages of one flag nest, they do not add up. A rule \
              below one for everyone, or a rollout below a larger one, does nothing, and looks as if it did.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "attributes": { "country": { "type": "string" } },
  "flags": {
    "new-checkout": {
      "rules": [
        { "name": "everyone", "rollout": 25 },
        { "name": "Germany", "when": { "country": { "is": "DE" } }, "rollout": 10 }
      ]
    }
  }
}"#,
            better: r#"{
  "version": 1,
  "attributes": { "country": { "type": "string" } },
  "flags": {
    "new-checkout": {
      "rules": [
        { "name": "Germany", "when": { "country": { "is": "DE" } }, "rollout": 50 },
        { "name": "everyone", "rollout": 25 }
      ]
    }
  }
}"#,
        },
        instead: "Put the rule for fewer people above the one for more, give a nested rollout the larger percentage, or \
                  delete the rule.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (index, flag, member) in file.flags() {
        let Some(reached) = file.possible.get(index).and_then(|possible| possible.reached.as_ref()) else {
            continue;
        };
        for (at, rule, node) in file.rules(flag, member) {
            // A rollout of 0 waits to be widened; a condition that is never true is told of itself.
            let waits = rule.rollout().is_some_and(|rollout| rollout.thousandths() == 0);
            let owner = Owner::Rule { flag: index, at };
            let is_told =
                file.root(owner).is_some_and(|root| !root.decided.is_empty() && is_never_true(file, owner));
            if reached.rules.get(at) != Some(&false) || waits || is_told {
                continue;
            }
            let place = node.get("name").map_or_else(|| node.head(), |name| name.span.clone());
            let draft =
                Draft::new(&LINT.rule, place, format!("{} is never reached", named(at, rule))).of(index);
            drafts.push(match cause(file, flag, at) {
                Some((label, help)) => draft.label(label).help(help),
                None if is_never_true(file, owner) => draft.label("its condition is never true"),
                None => {
                    draft.label("those above it together leave nobody to it").help("move it up, or delete it")
                }
            });
        }
    }
}

fn is_never_true(file: &File<'_>, owner: Owner) -> bool {
    file.root(owner).and_then(|root| root.outcomes).is_some_and(|outcomes| !outcomes.is_true)
}

/// What alone keeps a rule from being reached.
fn cause(file: &File<'_>, flag: &FlagDefinition, at: usize) -> Option<(String, String)> {
    let mut ways = Ways::of(file.set, flag)?;
    let mut is_cause = |left: Left| ways.rule(at, left) == Some(true);
    let above = flag.rules().iter().enumerate().take(at).rev().take(TRIED);
    for (other, rule) in above {
        if !is_cause(Left::Rule(other)) {
            continue;
        }
        let name = named(other, rule);
        let rollouts = flag.rules().get(at).and_then(waterspout::flag_set::Rule::rollout).zip(rule.rollout());
        return Some(match rollouts {
            Some((inner, outer)) => (
                format!("its {inner} lie inside the {outer} of {name}"),
                "percentages of one flag nest, they do not add up: give it more than that, or delete it"
                    .to_owned(),
            ),
            None => (
                format!("{name} decides for everyone it could apply to"),
                format!("move it above rule {other}, or delete it"),
            ),
        });
    }
    let denials = 0..flag.deny().len().min(TRIED);
    let denial = denials.into_iter().find(|denial| is_cause(Left::Denial(*denial)))?;
    Some((
        format!("deny {denial} takes away everyone it could apply to"),
        "a deny beats every rule: narrow the deny, or delete the rule".to_owned(),
    ))
}
