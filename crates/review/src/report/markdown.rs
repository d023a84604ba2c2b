//! Markdown, for a job summary or a comment.

use super::{Report, counted, safe, sentence, start};

/// The verdict, and a table of what was found.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let file = code(&report.file);
    if report.remarks.is_empty() {
        let flags = if report.flags == 1 { "1 flag".to_owned() } else { format!("{} flags", report.flags) };
        return format!("{file}: {flags}, no findings\n");
    }
    let counts = counted(report.remarks.iter().map(|remark| &remark.finding));
    let verdict = if report.refused {
        "every service would refuse this file"
    } else {
        "every service accepts this file"
    };
    let mut text =
        format!("{file}: **{counts}**; {verdict}\n\n| place | rule | what | instead |\n|---|---|---|---|\n");
    for remark in &report.remarks {
        let finding = &remark.finding;
        let (line, column) = start(finding);
        let place = code(&format!("{}:{line}:{column}", remark.file));
        text.push_str(&format!(
            "| {place} | {} `{}` | {} | {} |\n",
            finding.severity,
            finding.rule,
            cell(&sentence(finding)),
            cell(finding.help.as_deref().unwrap_or_default()),
        ));
    }
    text
}

/// Text of a cell. Spans of code stay; whatever else Markdown or HTML would take for its own is escaped.
fn cell(text: &str) -> String {
    let text = safe(text);
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        let inside = at % 2 == 1 && text.split('`').count() > at + 1;
        if inside {
            out.push_str(&code(part));
        } else {
            out.push_str(&escaped(part));
        }
    }
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if matches!(character, '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '!' | '@' | '&') {
            // As a number, it mentions nobody and closes nothing.
            out.push_str(&format!("&#{};", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    out
}

/// A span of code, which a row of backquotes longer than any inside opens and closes.
fn code(text: &str) -> String {
    let text = safe(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    // A bar ends the cell even in code.
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}
