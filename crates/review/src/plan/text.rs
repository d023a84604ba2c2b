//! The plan as a terminal shows it.

use std::io::{self, Write};

use super::Plan;
use crate::Finding;
use crate::diff::text::write_flag;
use crate::report::safe;

impl Plan {
    /// Writes it for a terminal; nothing where there is nothing to tell.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.is_silent() {
            return Ok(());
        }
        writeln!(out, "{}", safe(&self.verdict()))?;
        if !self.findings.is_empty() || !self.hygiene.is_empty() {
            writeln!(out)?;
        }
        for finding in self.all() {
            self.write_finding(finding, out)?;
        }
        for waived in &self.waived {
            let day = waived.until.to_string();
            let day = day.split('T').next().unwrap_or_default();
            let message = safe(&waived.finding.message).into_owned();
            writeln!(
                out,
                "waived[{}]: {message} ({}, until {day})",
                waived.finding.rule,
                safe(&waived.reason)
            )?;
        }
        self.difference.flags.iter().try_for_each(|flag| write_flag(flag, out))?;
        if !self.upcoming.is_empty() {
            writeln!(out, "\nwhat will change by itself")?;
        }
        for change in &self.upcoming {
            writeln!(
                out,
                "  {}  {}: {}",
                change.at,
                safe(&change.flag),
                safe(&change.difference.headline())
            )?;
        }
        let waivers = self.waivers();
        if !waivers.is_empty() {
            writeln!(out, "\nto accept it all the same, paste into the flag, with a reason")?;
            for line in waivers.lines() {
                writeln!(out, "  {}", safe(line))?;
            }
        }
        match &self.roll_back {
            Some(back) => writeln!(
                out,
                "\nif taken back: {} (the patch: --format markdown, --format json)",
                safe(&back.verdict)
            ),
            None => Ok(()),
        }
    }

    fn write_finding(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}[{}]: {}", finding.severity, finding.rule, safe(&finding.message))?;
        match &finding.help {
            Some(help) => writeln!(out, "  help: {}", safe(help)),
            None => Ok(()),
        }
    }
}
