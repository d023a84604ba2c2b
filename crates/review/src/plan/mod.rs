//! A plan: what an edit does to people, what a reviewer should know of it, and how to take it back.

mod json;
mod markdown;
mod policy;
mod roll_back;
mod text;

use std::cell::Cell as Flagged;

use waterspout::flag_set::{FlagDefinition, FlagSet};
use waterspout::{Severity, Time};

use crate::change::{EditOf, RULES};
use crate::diff::{Difference, FlagDifference, Options, Upcoming};
use crate::report::waiver;
use crate::{Finding, lint};

pub use policy::{BlastRadius, Policy};
pub use roll_back::RollBack;

/// One side of an edit.
#[derive(Clone, Copy, Debug)]
pub struct Side<'s> {
    /// What the file is called.
    pub name: &'s str,
    /// Its text.
    pub text: &'s str,
    /// What it means.
    pub set: &'s FlagSet,
}

/// Something that a flag's authors accept for now.
#[derive(Clone, Debug)]
pub struct Waived {
    /// What is accepted.
    pub finding: Finding,
    /// Why.
    pub reason: String,
    /// Until when.
    pub until: Time,
}

/// What a reviewer should know of an edit.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it does to people.
    pub difference: Difference,
    /// What is doubtful in it, by flag, the worst first.
    pub findings: Vec<Finding>,
    /// What would be, but is waived.
    pub waived: Vec<Waived>,
    /// What is doubtful in the file after and was not in the file before.
    pub hygiene: Vec<Finding>,
    /// What the file after will change by itself, as far ahead as the policy looks.
    pub upcoming: Vec<Upcoming>,
    /// How to take the edit back; `None` where no text changed.
    pub roll_back: Option<RollBack>,
    /// The file after, as it was called.
    pub file: String,
}

impl Plan {
    /// Looks at an edit from the first side to the second.
    #[must_use]
    pub fn of(sides: [Side<'_>; 2], policy: &Policy, options: Options) -> Plan {
        let [base, head] = sides;
        let difference = Difference::of(base.set, head.set, options);
        let now = options.now;
        let (mut findings, mut waived) = (Vec::new(), Vec::new());
        for flag in &difference.flags {
            let (before, after) = (base.set.flag(&flag.key), head.set.flag(&flag.key));
            for finding in found(flag, after, policy) {
                match waiver_of(after.or(before), &finding, now) {
                    Some((reason, until)) => waived.push(Waived { finding, reason, until }),
                    None => findings.push(finding),
                }
            }
        }
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let hygiene = hygiene(sides, policy, now);
        // Nothing is said of tomorrow where nobody asks about today.
        let silent = difference.flags.is_empty() && hygiene.is_empty();
        let upcoming = if !difference.answers_change() {
            Vec::new()
        } else {
            Upcoming::of(head.set, now, policy.until(now))
        };
        let roll_back = if silent { None } else { RollBack::of(sides, options) };
        Plan { difference, findings, waived, hygiene, upcoming, roll_back, file: head.name.to_owned() }
    }

    /// Whether there is nothing to tell: no flag is written differently, and nothing new is doubtful.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.difference.flags.is_empty() && self.hygiene.is_empty()
    }

    /// Whether anything is at least this severe.
    #[must_use]
    pub fn fails(&self, least: Severity) -> bool {
        self.all().any(|finding| finding.severity >= least)
    }

    /// All that is doubtful.
    pub fn all(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(&self.hygiene)
    }

    /// The verdict in one line.
    #[must_use]
    pub fn verdict(&self) -> String {
        let verdict = self.difference.verdict();
        match self.all().count() {
            0 => verdict,
            _ => format!("{verdict}; {}", crate::report::counted(self.all())),
        }
    }

    /// What to paste into the flags to accept all that was found, flag by flag; empty where nothing was.
    #[must_use]
    pub fn waivers(&self) -> String {
        const MOST: usize = 50;
        let mut of_flags: Vec<(&str, Vec<String>)> = Vec::new();
        for finding in self.all().take(MOST) {
            let (Some(flag), Some(stanza)) = (finding.flag.as_deref(), self.stanza(finding)) else {
                continue;
            };
            match of_flags.iter_mut().find(|(known, _)| *known == flag) {
                Some((_, stanzas)) if stanzas.contains(&stanza) => {}
                Some((_, stanzas)) => stanzas.push(stanza),
                None => of_flags.push((flag, vec![stanza])),
            }
        }
        let of_flag = |(flag, stanzas): &(&str, Vec<String>)| {
            format!("// in `{flag}`\n\"waive\": [\n  {}\n]\n", stanzas.join(",\n  "))
        };
        of_flags.iter().map(of_flag).collect()
    }

    /// What to write into the flag to accept a finding for a while.
    #[must_use]
    pub fn stanza(&self, finding: &Finding) -> Option<String> {
        finding.flag.as_ref()?;
        Some(waiver(finding.rule, self.difference.now))
    }
}

fn found(flag: &FlagDifference, after: Option<&FlagDefinition>, policy: &Policy) -> Vec<Finding> {
    let edit = EditOf { difference: flag, after, policy, told_of: Flagged::new(false) };
    let mut findings = Vec::new();
    for rule in RULES {
        let drafts = (rule.find)(&edit);
        // A kill switch that is thrown takes away on purpose.
        let tells = match rule.rule.name {
            "blast-radius-exceeded" => false,
            "kill-switch-flipped" => true,
            _ => rule.rule.severity == Severity::Error,
        };
        if !drafts.is_empty() && tells {
            edit.told_of.set(true);
        }
        let Some(severity) = policy.severity(&rule.rule) else { continue };
        for draft in drafts {
            findings.push(Finding {
                rule: rule.rule.name,
                severity,
                flag: Some(flag.key.as_str().into()),
                place: None,
                message: format!("`{}`: {}", flag.key, draft.message).into(),
                label: None,
                help: Some(draft.help).filter(|help| !help.is_empty()).map(Into::into),
            });
        }
    }
    findings
}

fn waiver_of(flag: Option<&FlagDefinition>, finding: &Finding, now: Time) -> Option<(String, Time)> {
    let waivers = flag?.about().waivers();
    let valid = waivers.iter().find(|waiver| waiver.rule() == finding.rule && waiver.until() > now)?;
    Some((valid.reason().to_owned(), valid.until()))
}

/// The lints that the edit brings; those that were there before are not its author's.
fn hygiene(sides: [Side<'_>; 2], policy: &Policy, now: Time) -> Vec<Finding> {
    let [before, after] = sides.map(|side| lint(side.text, side.set, now));
    let known = |finding: &Finding| {
        before
            .iter()
            .any(|old| (old.rule, &old.flag, &old.message) == (finding.rule, &finding.flag, &finding.message))
    };
    let mut new: Vec<Finding> = after.into_iter().filter(|finding| !known(finding)).collect();
    new.retain_mut(|finding| {
        let severity = crate::rule(finding.rule).map_or(Some(finding.severity), |rule| policy.severity(rule));
        finding.severity = severity.unwrap_or(finding.severity);
        severity.is_some()
    });
    new
}
