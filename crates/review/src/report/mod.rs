//! What was found in a flag file, in the formats that other programs read.
//!
//! Each format is a file, and a function from a [`Report`] to a text. Nothing that a flag file says reaches such a text as
//! a command: control characters, and marks that turn text around, are told by their numbers ([`safe()`]).

mod github;
mod json;
mod junit;
mod markdown;
mod safe;
mod sarif;

pub use github::github;
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use safe::{commands_terminals, safe};
pub use sarif::sarif;

use waterspout::{Diagnostic, Severity, Time};

use crate::{Finding, Place};

/// What was found in one flag file.
#[derive(Clone, Debug)]
pub struct Report {
    /// The flag file, as it was named.
    pub file: String,
    /// How many flags it has; 0 if it is refused.
    pub flags: usize,
    /// Whether services refuse it.
    pub refused: bool,
    /// What was found, in the order of the file.
    pub remarks: Vec<Remark>,
    /// What counts as failed: everything at least this severe.
    pub fail_on: Severity,
    /// As of when it was checked.
    pub now: Time,
}

/// A finding, and the file it is in.
#[derive(Clone, Debug)]
pub struct Remark {
    /// The flag file or a list file, as a path from where the check ran.
    pub file: String,
    /// The finding.
    pub finding: Finding,
    /// Line and column behind its last character, both from 1.
    pub end: (usize, usize),
}

impl Report {
    /// Whether something is severe enough to fail.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.remarks.iter().any(|remark| self.is_failure(remark))
    }

    fn is_failure(&self, remark: &Remark) -> bool {
        remark.finding.severity >= self.fail_on
    }

    /// What to write beside a flag to accept a finding for a while; `None` if it cannot be waived.
    ///
    /// The date is a proposal: ninety days from now.
    #[must_use]
    pub fn waiver(&self, finding: &Finding) -> Option<String> {
        let can_be_waived = finding.flag.is_some() && !finding.rule.starts_with("waiver-");
        can_be_waived.then(|| waiver(finding.rule, self.now))
    }
}

/// An entry of `waive` for a rule, with a date ninety days ahead.
#[must_use]
pub fn waiver(rule: &str, now: Time) -> String {
    const DAYS: u64 = 90 * 86_400;
    let epoch = Time::from(std::time::SystemTime::UNIX_EPOCH);
    let since = now.since(epoch).unwrap_or_default();
    let until = std::time::SystemTime::UNIX_EPOCH + since + std::time::Duration::from_secs(DAYS);
    let until = Time::from(until).to_string();
    let day = until.split('T').next().unwrap_or_default();
    format!(r#"{{ "rule": "{rule}", "reason": "...", "until": "{day}" }}"#)
}

/// What makes a service refuse a file, as a finding.
impl From<&Diagnostic> for Finding {
    fn from(diagnostic: &Diagnostic) -> Finding {
        Finding {
            rule: diagnostic.code(),
            severity: diagnostic.severity(),
            flag: None,
            place: Some(Place {
                list: diagnostic.list().map(Box::from),
                path: diagnostic.path().into(),
                span: diagnostic.span(),
                line: diagnostic.line(),
                column: diagnostic.column(),
            }),
            message: diagnostic.message().into(),
            label: diagnostic.label().map(Box::from),
            help: diagnostic.help().map(Box::from),
        }
    }
}

/// Where a finding starts, both from 1; a finding about the whole starts at the start.
fn start(finding: &Finding) -> (usize, usize) {
    finding.place.as_ref().map_or((1, 1), |place| (place.line, place.column))
}

/// A finding in one sentence: the message, and what goes on where it ends.
fn sentence(finding: &Finding) -> String {
    let label = finding.label.as_ref().map(|label| format!(": {label}")).unwrap_or_default();
    safe(&format!("{}{label}", finding.message)).into_owned()
}

/// How many of each severity, the worst first: `2 errors, 1 warning`.
#[must_use]
pub fn counted<'f>(findings: impl Iterator<Item = &'f Finding>) -> String {
    let mut severities: Vec<Severity> = findings.map(|finding| finding.severity).collect();
    severities.sort_unstable();
    let groups = severities.chunk_by(|one, other| one == other).rev();
    let counts = groups.filter_map(|group| group.first().map(|severity| (group.len(), severity)));
    let name = |severity: &Severity| match severity {
        Severity::Info => "remark".to_owned(),
        other => other.to_string(),
    };
    let counts = counts
        .map(|(count, severity)| format!("{count} {}{}", name(severity), if count == 1 { "" } else { "s" }));
    counts.collect::<Vec<_>>().join(", ")
}
