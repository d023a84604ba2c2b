//! `anonymous-let-in`

use waterspout::Severity;
use waterspout::flag_set::{Condition, Outcome, Predicate, Subject};

use super::Lint;
use super::file::{Draft, File, Owner, Root};
use crate::condition::{Leaf, Placed, leaves};
use crate::reach::{Outcomes, Value, World};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "anonymous-let-in",
        severity: Severity::Warning,
        what: "A rule with a negation over targeting keys, which is true for all who have no key.",
        why: "The targeting key is never unknown: missing, it reads as the empty text. So `not` on a list of keys lets in \
              every visitor who is not signed in, where a negation over an attribute would not.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "segments": { "old-hands": { "keys": ["ada", "grace"] } },
  "flags": {
    "welcome-tour": { "rules": [{ "when": { "not": { "segment": "old-hands" } } }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "segments": { "old-hands": { "keys": ["ada", "grace"] } },
  "flags": {
    "welcome-tour": { "rules": [{ "when": { "key": { "present": true }, "not": { "segment": "old-hands" } } }] }
  }
}"#,
        },
        instead: "Add `\"key\": { \"present\": true }` to leave them out, or `{ \"any\": [{ \"key\": { \"present\": false } }, \
                  ...] }` to say that they are meant.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for root in &file.conditions {
        let Owner::Rule { flag, at } = root.of else { continue };
        if !lets_in_anonymous(file, root, flag, at) || says_present(file, root.placed.condition) {
            continue;
        }
        let mut told = false;
        root.placed.walk(&mut |part| {
            if !told && is_of_keys_alone(file, part) && excludes_some_but_no_missing_key(file, part) {
                told = true;
                drafts.push(
                    Draft::new(&LINT.rule, part.span.clone(), "this is true for all who have no targeting key")
                        .of(flag)
                        .label("a missing key is on no list")
                        .help("add `\"key\": { \"present\": true }` to leave them out, or say `present: false` to mean them"),
                );
            }
        });
    }
}

/// Whether the rule can apply to somebody without a key.
fn lets_in_anonymous<'f>(file: &File<'f>, root: &Root<'f>, flag: usize, at: usize) -> bool {
    let Some((definition, rule)) =
        file.set.flags().get(flag).and_then(|flag| Some((flag, flag.rules().get(at)?)))
    else {
        return false;
    };
    let draws = rule.rollout().is_some() || matches!(rule.outcome(), Outcome::Split(_));
    if draws && definition.bucket_by().is_none() {
        return false;
    }
    outcomes(file, root.placed.condition, |value| *value == Value::NoKey).is_some_and(|it| it.is_true)
}

fn says_present<'f>(file: &File<'f>, condition: &'f Condition) -> bool {
    let mut says = false;
    leaves(file.set, condition, &mut |leaf| {
        says |= leaf.subject() == Subject::Key
            && matches!(leaf, Leaf::Test(test) if matches!(test.predicate(), Predicate::Present(_)));
    });
    says
}

fn is_of_keys_alone<'f>(file: &File<'f>, part: &Placed<'f>) -> bool {
    let mut alone = true;
    leaves(file.set, part.condition, &mut |leaf| alone &= leaf.subject() == Subject::Key);
    alone
}

fn excludes_some_but_no_missing_key<'f>(file: &File<'f>, part: &Placed<'f>) -> bool {
    let anonymous = outcomes(file, part.condition, |value| *value == Value::NoKey);
    let known = outcomes(file, part.condition, |value| *value != Value::NoKey);
    anonymous.is_some_and(|it| it.is_true) && known.is_some_and(|it| it.is_false)
}

fn outcomes<'f>(file: &File<'f>, condition: &'f Condition, key: impl Fn(&Value) -> bool) -> Option<Outcomes> {
    let mut world = World::of(file.set, [condition], None)?;
    if !world.looks_at(Subject::Key) {
        return None;
    }
    world.only(Subject::Key, key);
    let term = world.term(condition)?;
    world.outcomes(term)
}
