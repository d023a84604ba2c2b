//! `blast-radius-exceeded`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::{Change, Kind, Share};
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "blast-radius-exceeded",
        severity: Severity::Error,
        what: "An edit that changes the answer of more people at once than the policy allows.",
        why: "The more people an edit reaches at once, the more depends on its being right the first time. Named \
              people and narrow audiences have budgets of their own.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 1 }] } } }"#,
            after: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 100 }] } } }"#,
        },
        instead: "Do it in steps. If it must be at once, waive it with the reason.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    if edit.broke().change != Change::Changed {
        return Vec::new();
    }
    let budget = &edit.policy.blast_radius;
    let mut drafts = Vec::new();
    for (narrow, most, whom) in
        [(false, budget.everyone, "everyone"), (true, budget.narrow, "a narrow audience")]
    {
        let cells = edit.broke().cells.iter().filter(|cell| !cell.is_named && cell.is_narrow == narrow);
        let Some(worst) = cells.max_by_key(|cell| cell.all()) else { continue };
        if worst.all() > Share::of(u128::from(most), 100_000) {
            let (share, most) = (worst.all(), f64::from(most) / 1000.0);
            let message = format!("{}: {share} at once; the budget is {most} % of {whom}", worst.words());
            drafts.push(Draft::new(message, "do it in steps, or waive it and say why"));
        }
    }
    let people: usize =
        [Kind::Lost, Kind::Switched, Kind::Gained].iter().map(|kind| edit.broke().people(*kind).len()).sum();
    if people > budget.people {
        let message = format!("{people} of those that lists name: the budget is {}", budget.people);
        drafts.push(Draft::new(message, "do it in steps, or waive it and say why"));
    }
    drafts
}
