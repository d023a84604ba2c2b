//! SARIF 2.1.0, the format in which code scanners exchange what they found.

use serde_json::{Value, json};
use waterspout::Severity;

use super::{Remark, Report, safe, sentence, start};
use crate::rule;

/// One run with all findings, and the rules that made them.
#[must_use]
pub fn sarif(report: &Report) -> String {
    let mut names: Vec<&'static str> = report.remarks.iter().map(|remark| remark.finding.rule).collect();
    names.sort_unstable();
    names.dedup();
    let results: Vec<Value> = report.remarks.iter().map(|remark| result(remark, &names)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "waterspout",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": names.iter().map(|name| descriptor(name)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

/// A rule; of what makes a service refuse a file, FORMAT.md tells the rest.
fn descriptor(name: &str) -> Value {
    let Some(rule) = rule(name) else {
        let text = format!("A service refuses the file: see `{name}` in FORMAT.md, \"What is refused\".");
        return json!({
            "id": name,
            "shortDescription": { "text": text },
            "defaultConfiguration": { "level": "error" },
        });
    };
    json!({
        "id": name,
        "shortDescription": { "text": rule.what },
        "fullDescription": { "text": rule.why },
        "help": { "text": rule.instead, "markdown": format!("{}\n\n{}", rule.why, rule.instead) },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}

fn result(remark: &Remark, names: &[&str]) -> Value {
    let finding = &remark.finding;
    let ((line, column), (end_line, end_column)) = (start(finding), remark.end);
    let help = finding.help.as_deref().map(|help| format!("\n{}", safe(help))).unwrap_or_default();
    let path = finding.place.as_ref().map_or("", |place| &place.path);
    json!({
        "ruleId": finding.rule,
        "ruleIndex": names.iter().position(|name| *name == finding.rule),
        "level": level(finding.severity),
        "message": { "text": format!("{}{help}", sentence(finding)) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&remark.file) },
                "region": {
                    "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
                },
            },
            "logicalLocations": [{ "fullyQualifiedName": path }],
        }],
        // A finding is the same one after lines were added above it.
        "partialFingerprints": { "place/v1": format!("{} {path}", finding.rule) },
    })
}

/// A path as a reference: all but what may stand in one is told by its bytes.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(byte.into())
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
