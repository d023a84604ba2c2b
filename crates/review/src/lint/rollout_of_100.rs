//! `rollout-of-100`

use waterspout::Severity;
use waterspout::flag_set::{Outcome, Subject};

use super::Lint;
use super::file::{Draft, File, named};
use crate::reach::{Value, World};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "rollout-of-100",
        severity: Severity::Warning,
        what: "A rollout of 100, which leaves out those who have nothing to be bucketed by.",
        why: "A rule with a rollout never applies where the targeting key, or the attribute of `bucket_by`, is missing or \
              empty. So 100 % of the users are not everyone: visitors who are not signed in get something else.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "flags": {
    "new-checkout": { "rules": [{ "name": "everyone", "rollout": 100 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "flags": {
    "new-checkout": { "rules": [{ "name": "all who are signed in", "when": { "key": { "present": true } } }] }
  }
}"#,
        },
        instead: "Leave `rollout` out, so that the rule is for everyone. If only those with a key are meant, say \
                  `\"key\": { \"present\": true }`.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (index, flag, member) in file.flags() {
        let bucket_by = flag.bucket_by().and_then(|at| file.set.attributes().get(at.get()));
        // A fact is always there.
        if bucket_by.is_some_and(waterspout::flag_set::AttributeDefinition::is_fact) {
            continue;
        }
        let unit = flag.bucket_by().map_or(Subject::Key, Subject::Attribute);
        for (at, rule, node) in file.rules(flag, member) {
            let is_whole = rule.rollout().is_some_and(|rollout| rollout.thousandths() == 100_000);
            let (Some(node), true, Outcome::Serve(_)) = (node.get("rollout"), is_whole, rule.outcome())
            else {
                continue;
            };
            if leaves_out_somebody(file, rule, unit) {
                let without = file.unit_of(flag);
                drafts.push(
                    Draft::new(
                        &LINT.rule,
                        node.span.clone(),
                        format!("{} leaves out those without {without}", named(at, rule)),
                    )
                    .of(index)
                    .label("of those who have one, all")
                    .help("leave `rollout` out to mean everyone"),
                );
            }
        }
    }
}

/// Whether the condition is true for somebody who has nothing to be bucketed by.
fn leaves_out_somebody<'f>(file: &File<'f>, rule: &'f waterspout::flag_set::Rule, unit: Subject) -> bool {
    let Some(condition) = rule.when() else { return true };
    let Some(mut world) = World::of(file.set, [condition], Some(unit)) else { return false };
    world.only(unit, |value: &Value| !value.is_unit());
    let outcomes = world.term(condition).and_then(|term| world.outcomes(term));
    outcomes.is_some_and(|outcomes| outcomes.is_true)
}
