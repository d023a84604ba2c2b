//! JUnit's XML, as build servers show it: each rule is a test case, and what it finds fails it.

use std::collections::BTreeMap;

use super::{Remark, Report, safe, sentence, start};
use crate::rules;

/// The name of the case that holds what makes a service refuse the file.
const ACCEPTED: &str = "accepted";

/// A test suite: whether services accept the file, and a case for each rule that looked at it. What is less severe than
/// what fails is told in the output of its case.
#[must_use]
pub fn junit(report: &Report) -> String {
    let mut cases: BTreeMap<&str, Vec<&Remark>> = BTreeMap::from([(ACCEPTED, Vec::new())]);
    if !report.refused {
        cases.extend(rules().filter(|rule| rule.looks_at_a_file()).map(|rule| (rule.name, Vec::new())));
    }
    for remark in &report.remarks {
        let name = if report.refused { ACCEPTED } else { remark.finding.rule };
        cases.entry(name).or_default().push(remark);
    }
    let is_failed = |remarks: &&Vec<&Remark>| remarks.iter().any(|remark| report.is_failure(remark));
    let failed = cases.values().filter(is_failed).count();
    let counts = format!(r#"tests="{}" failures="{failed}" errors="0""#, cases.len());
    let file = escaped(&report.file);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  \
         <testsuite name=\"waterspout check {file}\" {counts} skipped=\"0\">\n"
    );
    for (name, remarks) in &cases {
        text.push_str(&case(report, name, &file, remarks));
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn case(report: &Report, name: &str, file: &str, remarks: &[&Remark]) -> String {
    let open = format!("    <testcase name=\"{name}\" classname=\"{file}\"");
    if remarks.is_empty() {
        return format!("{open}/>\n");
    }
    let (failures, others): (Vec<&Remark>, Vec<&Remark>) =
        remarks.iter().copied().partition(|remark| report.is_failure(remark));
    let mut text = format!("{open}>\n");
    if let Some(first) = failures.first() {
        let message = escaped(&sentence(&first.finding));
        let kind = first.finding.severity;
        let all = failures.iter().map(|remark| told(remark)).collect::<Vec<_>>().join("\n");
        text.push_str(&format!("      <failure message=\"{message}\" type=\"{kind}\">{all}</failure>\n"));
    }
    if !others.is_empty() {
        let all = others.iter().map(|remark| told(remark)).collect::<Vec<_>>().join("\n");
        text.push_str(&format!("      <system-out>{all}</system-out>\n"));
    }
    text.push_str("    </testcase>\n");
    text
}

/// A finding in one line.
fn told(remark: &Remark) -> String {
    let finding = &remark.finding;
    let (line, column) = start(finding);
    let help = finding.help.as_deref().map(|help| format!(" ({})", safe(help))).unwrap_or_default();
    escaped(&format!(
        "{}:{line}:{column}: {}[{}]: {}{help}",
        remark.file,
        finding.severity,
        finding.rule,
        sentence(finding)
    ))
}

/// Text as it may stand in XML, which has no way to write most control characters at all.
fn escaped(text: &str) -> String {
    let text = safe(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
