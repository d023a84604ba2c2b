//! The plan as JSON, for programs.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::Plan;
use crate::Finding;
use crate::diff::json::Whole;

#[derive(Serialize)]
struct PlanObject<'p> {
    verdict: String,
    difference: Whole<'p>,
    findings: Vec<FindingObject<'p>>,
    hygiene: Vec<FindingObject<'p>>,
    waived: Vec<FindingObject<'p>>,
    upcoming: Vec<UpcomingObject<'p>>,
    roll_back: Option<RollBackObject<'p>>,
}

#[derive(Serialize)]
struct FindingObject<'p> {
    rule: &'p str,
    severity: String,
    flag: Option<&'p str>,
    message: &'p str,
    help: Option<&'p str>,
    /// An entry for the flag's `waive`.
    waive: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct UpcomingObject<'p> {
    flag: &'p str,
    at: String,
    what: String,
    monotone: bool,
}

#[derive(Serialize)]
struct RollBackObject<'p> {
    verdict: &'p str,
    patch: &'p str,
}

impl Plan {
    /// Writes it as one JSON object; nothing where there is nothing to tell.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.is_silent() {
            return Ok(());
        }
        let upcoming = self.upcoming.iter().map(|change| UpcomingObject {
            flag: &change.flag,
            at: change.at.to_string(),
            what: change.difference.headline(),
            monotone: change.difference.monotone,
        });
        let back = self.roll_back.as_ref();
        let object = PlanObject {
            verdict: self.verdict(),
            difference: Whole::of(&self.difference),
            findings: self.findings.iter().map(|it| self.object(it)).collect(),
            hygiene: self.hygiene.iter().map(|it| self.object(it)).collect(),
            waived: self.waived.iter().map(|waived| self.object(&waived.finding)).collect(),
            upcoming: upcoming.collect(),
            roll_back: back.map(|back| RollBackObject { verdict: &back.verdict, patch: &back.patch }),
        };
        serde_json::to_writer(&mut *out, &object)?;
        out.write_all(b"\n")
    }

    fn object<'p>(&'p self, finding: &'p Finding) -> FindingObject<'p> {
        FindingObject {
            rule: finding.rule,
            severity: finding.severity.to_string(),
            flag: finding.flag.as_deref(),
            message: &finding.message,
            help: finding.help.as_deref(),
            waive: self.stanza(finding).and_then(|stanza| serde_json::from_str(&stanza).ok()),
        }
    }
}
