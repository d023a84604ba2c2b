//! The difference as a comment on a change request shows it.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::text::{CELLS, shown, who};
use super::{Difference, FlagDifference};
use crate::report::safe;

impl Difference {
    /// Writes it as Markdown: the verdict, a table of flags, and a folded part for each.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn write_markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut text = format!("**{}**\n", inline(&self.verdict()));
        if !self.flags.is_empty() {
            text.push('\n');
            text.push_str(&table(&self.flags));
        }
        for flag in self.flags.iter().filter(|flag| flag.answers_change()) {
            text.push('\n');
            text.push_str(&details(flag, None));
        }
        out.write_all(text.as_bytes())
    }
}

/// One row a flag: what is lost first.
pub(crate) fn table(flags: &[FlagDifference]) -> String {
    let mut sorted: Vec<&FlagDifference> = flags.iter().collect();
    sorted.sort_by_key(|flag| {
        let [lost, switched, gained] =
            [super::Kind::Lost, super::Kind::Switched, super::Kind::Gained].map(|kind| flag.most(kind));
        std::cmp::Reverse((lost, switched, gained))
    });
    let mut text = String::from(
        "| flag | gained | lost | switched | nobody drops out | what was edited |\n|---|---:|---:|---:|---|---|\n",
    );
    for flag in sorted {
        let most = |kind| {
            let most = flag.most(kind);
            let people = flag.people(kind);
            let named = match people.len() {
                0 => String::new(),
                1..=2 => people.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
                many => format!("{many} named"),
            };
            match (most.is_zero(), named.is_empty(), flag.varies(kind)) {
                (true, false, _) => inline(&named),
                (true, true, _) => "-".to_owned(),
                (false, true, true) => format!("up to {most}"),
                (false, true, false) => shown(most),
                (false, false, _) => format!("up to {most}; {}", inline(&named)),
            }
        };
        let holds = if flag.monotone { "yes" } else { "**no**" };
        let edits: Vec<String> = flag.edits.iter().take(3).map(|edit| inline(&edit.words)).collect();
        let more = if flag.edits.len() > 3 { "; ..." } else { "" };
        let edits = if edits.is_empty() { inline(&flag.headline()) } else { edits.join("; ") };
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {holds} | {edits}{more} |",
            flag.key,
            most(super::Kind::Gained),
            most(super::Kind::Lost),
            most(super::Kind::Switched),
        );
    }
    text
}

/// Everything about one flag, folded.
pub(crate) fn details(flag: &FlagDifference, file: Option<&str>) -> String {
    let mut text =
        format!("<details><summary><code>{}</code>: {}</summary>\n\n", flag.key, summary(&flag.headline()));
    for edit in &flag.edits {
        let breaks = if flag.broken_by.contains(&edit.words) { " **← the cause**" } else { "" };
        let _ = writeln!(text, "- {}{breaks}", inline(&edit.words));
    }
    if !flag.shown().is_empty() {
        let common = flag.common();
        if !common.is_empty() {
            let _ = writeln!(text, "\nOf those with {}:", inline(&common.join(", ")));
        }
        text.push_str("\n| who | gained | lost | switched |\n|---|---:|---:|---:|\n");
        for cell in flag.shown().iter().take(CELLS) {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                inline(&who(cell, &common)),
                shown(cell.gained),
                shown(cell.lost),
                shown(cell.switched)
            );
        }
        if flag.shown().len() > CELLS {
            let _ = writeln!(text, "| and {} more | | | |", flag.shown().len() - CELLS);
        }
    }
    text.push_str(&rule_table(flag));
    if flag.independent.len() > 1 && !flag.shown().is_empty() {
        let _ = writeln!(text, "\nTaken for independent: {}.", inline(&flag.independent.join("; ")));
    }
    if !flag.exact {
        let _ = writeln!(text, "\n**Not exact**: only {} cells were looked at.", flag.visited);
    }
    if !flag.witnesses.is_empty() {
        text.push('\n');
    }
    for witness in &flag.witnesses {
        let _ = writeln!(text, "- for example {}", inline(&witness.words()));
        if let Some(file) = file {
            let _ = writeln!(text, "  {}", code(&witness.command(&flag.key, file)));
        }
    }
    text.push_str("\n</details>\n");
    text
}

/// The rules, before and after.
fn rule_table(flag: &FlagDifference) -> String {
    const ROWS: usize = 30;
    if flag.rules.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n| rule | rollout | serves |\n|---|---:|---|\n");
    for rule in flag.rules.iter().take(ROWS) {
        let [name, rollout, serves] = [&rule.name, &rule.rollout, &rule.serves].map(|part| inline(part));
        let _ = writeln!(text, "| {name} | {rollout} | {serves} |");
    }
    text
}

/// A span of code, which a row of backquotes longer than any inside opens and closes.
fn code(text: &str) -> String {
    let text = safe(text);
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    format!("{fence}{text}{fence}")
}

/// Text of a file within a line of Markdown: code spans stay, everything else is only shown.
pub(crate) fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut code = false;
    for character in safe(text).chars() {
        match character {
            '`' => {
                code = !code;
                out.push('`');
            }
            // A bar ends a cell of a table, in code too.
            '|' => out.push_str("\\|"),
            '<' if !code => out.push_str("&lt;"),
            '>' if !code => out.push_str("&gt;"),
            '&' if !code => out.push_str("&amp;"),
            '*' | '_' | '[' | ']' | '#' | '@' | '!' | '~' if !code => {
                // An underscore within a name stays as it is.
                if character == '_' {
                    out.push('_');
                } else {
                    out.push('\\');
                    out.push(character);
                }
            }
            other => out.push(other),
        }
    }
    if code {
        out.push('`');
    }
    out
}

/// Text within HTML, where Markdown is not read.
fn summary(text: &str) -> String {
    let mut out = String::new();
    let mut code = false;
    for character in safe(text).chars() {
        match character {
            '`' => {
                out.push_str(if code { "</code>" } else { "<code>" });
                code = !code;
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            other => out.push(other),
        }
    }
    if code {
        out.push_str("</code>");
    }
    out
}
