//! The model that a program without this library would read its flags into: serde's derive, everything owned, what is
//! unknown refused. serde_json's time for it is the yardstick of loading.

use std::collections::HashMap;
use std::hint::black_box;

use serde::Deserialize;

/// Reads a text into the model, and hands it to an optimizer that may not leave it out.
pub fn read(text: &str) {
    black_box(serde_json::from_str::<File>(text).expect("a flag file"));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only read into")]
struct File {
    version: u64,
    attributes: HashMap<String, Attribute>,
    flags: HashMap<String, Flag>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only read into")]
struct Attribute {
    r#type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only read into")]
struct Flag {
    description: Option<String>,
    owner: Option<String>,
    kind: Option<String>,
    remove_by: Option<String>,
    tags: Vec<String>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only read into")]
struct Rule {
    name: Option<String>,
    when: HashMap<String, Test>,
    rollout: Option<f64>,
    serve: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only read into")]
struct Test {
    r#in: Option<Vec<String>>,
    at_least: Option<String>,
}
