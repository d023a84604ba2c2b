//! `time-has-passed`

use waterspout::Severity;
use waterspout::flag_set::Subject;

use super::Lint;
use super::file::{Draft, File};
use crate::condition::{Placed, leaves};
use crate::reach::{Outcomes, World};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "time-has-passed",
        severity: Severity::Warning,
        what: "A test of `now` that time has decided for good.",
        why: "It will never change an answer again, but everyone who reads the file has to work that out. Behind it there is \
              often a rule for a sale that is over.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "flags": {
    "winter-sale": { "rules": [{ "when": { "now": { "since": "2019-12-01", "before": "2020-01-07" } } }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "flags": {
    "winter-sale": { "rules": [{ "when": { "now": { "since": "2019-12-01", "before": "9999-01-07" } } }] }
  }
}"#,
        },
        instead: "Where it is over, delete the rule. Where it has begun for good, delete the test.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for root in &file.conditions {
        root.placed.walk(&mut |part| {
            let is_of_now = part.key.as_deref() == Some("now") && looks_at_now_alone(file, part);
            let Some(outcomes) = is_of_now.then(|| from_now_on(file, part)).flatten() else { return };
            let (message, label, help) = match outcomes {
                Outcomes { is_true: false, .. } => {
                    ("this time is over", "never true again", "delete what stands under this condition")
                }
                Outcomes { is_false: false, .. } => {
                    ("this time has begun for good", "true from now on", "delete the test")
                }
                _ => return,
            };
            drafts.push(
                Draft::new(&LINT.rule, part.span.clone(), message).of(root.of.flag()).label(label).help(help),
            );
        });
    }
}

fn looks_at_now_alone(file: &File<'_>, part: &Placed<'_>) -> bool {
    let mut alone = true;
    leaves(file.set, part.condition, &mut |leaf| alone &= leaf.subject() == Subject::Now);
    alone
}

/// What can still come of a condition. `None` if time never decided it.
fn from_now_on<'f>(file: &File<'f>, part: &Placed<'f>) -> Option<Outcomes> {
    let mut world = World::of(file.set, [part.condition], None)?;
    let term = world.term(part.condition)?;
    let ever = world.outcomes(term)?;
    world.leave_out_before(file.now);
    (ever.is_true && ever.is_false).then(|| world.outcomes(term)).flatten()
}
