//! JSON, one object a line for each finding: for programs.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Report, start};

#[derive(Serialize)]
struct Line<'r> {
    code: &'static str,
    severity: String,
    file: &'r str,
    line: usize,
    column: usize,
    path: &'r str,
    message: &'r str,
    label: Option<&'r str>,
    help: Option<&'r str>,
    flag: Option<&'r str>,
    /// An entry for the flag's `waive`.
    waive: Option<Box<RawValue>>,
}

/// The findings as JSON, an object a line; nothing where nothing was found.
#[must_use]
pub fn json(report: &Report) -> String {
    let mut text = String::new();
    for remark in &report.remarks {
        let finding = &remark.finding;
        let (line, column) = start(finding);
        let object = Line {
            code: finding.rule,
            severity: finding.severity.to_string(),
            file: &remark.file,
            line,
            column,
            path: finding.place.as_ref().map_or("", |place| &place.path),
            message: &finding.message,
            label: finding.label.as_deref(),
            help: finding.help.as_deref(),
            flag: finding.flag.as_deref(),
            waive: report.waiver(finding).and_then(|waiver| serde_json::from_str(&waiver).ok()),
        };
        text.push_str(&serde_json::to_string(&object).unwrap_or_default());
        text.push('\n');
    }
    text
}
