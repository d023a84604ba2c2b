//! The flag files that are asked.

use waterspout::Flags;

const ATTRIBUTES: &str = r#""country": {"type": "string"}, "app_version": {"type": "version"},
    "age": {"type": "number"}, "beta": {"type": "bool"}"#;

const ASKED: &str = r#"
    "plain": {"default": "on"},
    "half": {"rules": [{"rollout": 50}]},
    "conditions": {"rules": [{"rollout": 25, "when": {
        "country": {"in": ["AT", "BE", "CH", "DE"]}, "app_version": {"at_least": "2.3"}, "age": {"above": 21}}}]},
    "requiring": {"requires": {"plain": ["on"]}, "rules": [{"rollout": 50}]},
    "denying": {"deny": [{"country": {"is": "US"}}], "rules": [{"rollout": 50}]},
    "split": {"variants": {"off": "off", "a": "a", "b": "b", "c": "c"}, "default": "off",
        "rules": [{"split": [{"a": 25}, {"b": 25}, {"c": 50}]}]}"#;

/// The flags that are asked, among others: so many in all.
pub fn flags(count: usize) -> Flags {
    read(&format!("{ASKED}{}", (6..count).map(|n| format!(", \"other-{n}\": {{}}")).collect::<String>()))
}

/// A flag with a list of early adopters.
pub fn listing(count: usize) -> Flags {
    parsed(listing_text(count))
}

/// The text of a file with such a flag.
pub fn listing_text(count: usize) -> String {
    text(&format!(r#""listed": {{"rules": [{{"when": {{"key": {{"in": {}}}}}}}]}}"#, keys_text(count)))
}

/// The text of the list alone.
pub fn keys_text(count: usize) -> String {
    let keys: Vec<String> = (0..count).map(|n| format!("\"early-{n:08}\"")).collect();
    format!("[{}]", keys.join(", "))
}

/// A flag with so many conditions on a number, all of which hold.
pub fn numeric(count: usize) -> Flags {
    let tests: Vec<String> = (1..=count).map(|n| format!(r#"{{"age": {{"above": -{n}}}}}"#)).collect();
    read(&format!(r#""conditions": {{"rules": [{{"when": {{"all": [{}]}}}}]}}"#, tests.join(", ")))
}

/// The flags that are asked, among others of all sorts: a third plain, a third in a rollout, a third with conditions.
pub fn mixed(count: usize) -> Flags {
    let other = |n: usize| match n % 3 {
        0 => format!(", \"other-{n}\": {{}}"),
        1 => format!(", \"other-{n}\": {{\"rules\": [{{\"rollout\": 50}}]}}"),
        _ => format!(
            ", \"other-{n}\": {{\"rules\": [{{\"rollout\": 25, \"when\": {{\"country\": {{\"in\": [\"AT\", \"DE\"]}}}}}}]}}"
        ),
    };
    read(&format!("{ASKED}{}", (6..count).map(other).collect::<String>()))
}

/// The text of a file with nothing but the flags that are asked.
pub fn asked_text() -> String {
    text(ASKED)
}

fn read(flags: &str) -> Flags {
    parsed(text(flags))
}

fn text(flags: &str) -> String {
    format!(r#"{{"version": 1, "attributes": {{{ATTRIBUTES}}}, "flags": {{{flags}}}}}"#)
}

fn parsed(text: String) -> Flags {
    Flags::from_text(text).unwrap_or_else(|error| panic!("{error}"))
}
