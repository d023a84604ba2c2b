//! Workflow commands of GitHub Actions: each finding stands beside its line in a pull request.

use waterspout::Severity;

use super::{Report, sentence, start};

/// A workflow command a line for each finding; nothing where nothing was found.
#[must_use]
pub fn github(report: &Report) -> String {
    let mut text = String::new();
    for remark in &report.remarks {
        let finding = &remark.finding;
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            _ => "notice",
        };
        let ((line, column), (end_line, end_column)) = (start(finding), remark.end);
        let mut place = format!("file={},line={line}", property(&remark.file));
        // Columns are for places on one line; where they are given for several, they are misread.
        if end_line == line {
            // The end is the last column, not the one behind it.
            place.push_str(&format!(",col={column},endColumn={}", end_column.saturating_sub(1).max(column)));
        } else {
            place.push_str(&format!(",endLine={end_line}"));
        }
        let help = finding.help.as_deref().map(|help| format!("\n{}", super::safe(help))).unwrap_or_default();
        let message = data(&format!("{}{help}", sentence(finding)));
        text.push_str(&format!("::{level} {place},title={}::{message}\n", property(finding.rule)));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&super::safe(text)).replace(':', "%3A").replace(',', "%2C")
}
