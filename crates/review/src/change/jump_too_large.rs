//! `jump-too-large`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "jump-too-large",
        severity: Severity::Warning,
        what: "A rollout that grows past more than one step of the ladder at once.",
        why: "Each step is a chance to see that something is wrong while few are hit by it.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 1 }] } } }"#,
            after: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 50 }] } } }"#,
        },
        instead: "Take the next step of the ladder first: 1, 5, 25, 50, 100, or whatever the policy says.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let raised = edit.of(&[Touched::RolloutRaised]).filter_map(|it| Some((it, it.rollout?)));
    let added = edit.of(&[Touched::RuleAdded]).filter_map(|it| {
        let rule = edit.after()?.rules().get(it.rule_after?)?;
        Some((it, (0, rule.rollout()?.thousandths())))
    });
    let jumps = raised.chain(added).filter(|_| edit.broke().gains());
    let drafts = jumps.filter_map(|(it, (from, to))| {
        let next = edit.policy.ladder.iter().copied().find(|step| *step > from)?;
        let help = format!(
            "go to {} % first; the ladder is {}",
            f64::from(next) / 1000.0,
            edit.policy.ladder_words()
        );
        (to > next).then(|| Draft::new(it.words.clone(), help))
    });
    drafts.collect()
}
