//! The plan as one comment on a change request: the verdict first, everything long folded, never too long to be posted.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Plan;
use crate::diff::markdown::{details, inline, table};

/// The most bytes of a comment. Hosts of change requests refuse longer ones at 65,536 characters.
const MOST: usize = 60_000;

/// The most flags of the table, and findings of the list.
const ROWS: usize = 50;

impl Plan {
    /// Writes it as Markdown of less than 60 kB; nothing where there is nothing to tell.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn write_markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.markdown().as_bytes())
    }

    fn markdown(&self) -> String {
        if self.is_silent() {
            return String::new();
        }
        let mut comment = Comment { text: format!("**{}**\n", inline(&self.verdict())), left_out: 0 };
        if !self.difference.flags.is_empty() {
            let flags = self.difference.flags.get(..ROWS).unwrap_or(&self.difference.flags);
            comment.add(&format!("\n{}", table(flags)));
            let more = self.difference.flags.len().saturating_sub(ROWS);
            if more > 0 {
                comment.add(&format!("\nand {more} more flags\n"));
            }
        }
        comment.add(&self.findings_list());
        for flag in self.difference.flags.iter().filter(|flag| flag.answers_change()) {
            comment.add(&format!("\n{}", details(flag, Some(&self.file))));
        }
        comment.add(&self.upcoming_list());
        comment.add(&self.waivers_part());
        comment.add(&self.roll_back_part());
        comment.end()
    }

    fn findings_list(&self) -> String {
        let mut text = String::new();
        for finding in self.all().take(ROWS) {
            let help = finding.help.as_ref().map(|help| format!(" — {}", inline(help))).unwrap_or_default();
            let _ = writeln!(
                text,
                "- **{}** `{}`: {}{help}",
                finding.severity,
                finding.rule,
                inline(&finding.message)
            );
        }
        for waived in self.waived.iter().take(ROWS) {
            let until = waived.until.to_string();
            let day = until.split('T').next().unwrap_or_default();
            let message = inline(&waived.finding.message);
            let _ = writeln!(
                text,
                "- waived `{}`: {message} ({}, until {day})",
                waived.finding.rule,
                inline(&waived.reason)
            );
        }
        if text.is_empty() { text } else { format!("\n{text}") }
    }

    fn upcoming_list(&self) -> String {
        if self.upcoming.is_empty() {
            return String::new();
        }
        let mut text = String::from("\n<details><summary>What will change by itself</summary>\n\n");
        for change in self.upcoming.iter().take(ROWS) {
            let _ = writeln!(
                text,
                "- {}: `{}`: {}",
                change.at,
                change.flag,
                inline(&change.difference.headline())
            );
        }
        text.push_str("\n</details>\n");
        text
    }

    fn waivers_part(&self) -> String {
        let waivers = self.waivers();
        if waivers.is_empty() {
            return waivers;
        }
        let summary = "To accept it all the same: paste into the flag, with a reason";
        format!("\n<details><summary>{summary}</summary>\n\n{}\n</details>\n", fenced("jsonc", &waivers))
    }

    fn roll_back_part(&self) -> String {
        let Some(back) = &self.roll_back else { return String::new() };
        let summary = "To take it back";
        let verdict = format!("If taken back: {}.", inline(&back.verdict));
        format!(
            "\n<details><summary>{summary}</summary>\n\n{verdict}\n\n{}\n</details>\n",
            fenced("diff", &back.patch)
        )
    }
}

/// A block of code, which a row of backquotes longer than any inside opens and closes.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let lines: Vec<String> = text.lines().map(|line| crate::report::safe(line).into_owned()).collect();
    format!("{fence}{language}\n{}{}{fence}\n", lines.join("\n"), if end.is_empty() { "\n" } else { end })
}

struct Comment {
    text: String,
    left_out: usize,
}

impl Comment {
    /// Adds a part, if there is room for it.
    fn add(&mut self, part: &str) {
        const END: usize = 200;
        if self.text.len() + part.len() + END > MOST {
            self.left_out += 1;
        } else {
            self.text.push_str(part);
        }
    }

    fn end(mut self) -> String {
        if self.left_out > 0 {
            let _ = writeln!(
                self.text,
                "\n{} parts are left out: `waterspout plan` shows them all.",
                self.left_out
            );
        }
        self.text
    }
}
