//! The flag files that are asked.

use waterspout::Flags;

const ATTRIBUTES: &str = r#""country": {"type": "string"}, "app_version": {"type": "version"},
    "age": {"type": "number"}, "beta": {"type": "bool"}"#;

const PLAIN: &str = r#"{"default": "on"}"#;

const HALF: &str = r#"{"rules": [{"rollout": 50}]}"#;

const CONDITIONS: &str = r#"{"rules": [{"rollout": 25, "when": {
        "country": {"in": ["AT", "BE", "CH", "DE"]}, "app_version": {"at_least": "2.3"}, "age": {"above": 21}}}]}"#;

const OTHERS: &str = r#"
    "requiring": {"requires": {"plain": ["on"]}, "rules": [{"rollout": 50}]},
    "denying": {"deny": [{"country": {"is": "US"}}], "rules": [{"rollout": 50}]},
    "split": {"variants": {"off": "off", "a": "a", "b": "b", "c": "c"}, "default": "off",
        "rules": [{"split": [{"a": 25}, {"b": 25}, {"c": 50}]}]}"#;

/// The flags that are asked, among others: so many in all.
pub fn flags(count: usize) -> Flags {
    read(&format!("{}{}", asked(), (6..count).map(|n| format!(", \"other-{n}\": {{}}")).collect::<String>()))
}

/// A flag with a list of early adopters.
pub fn listing(count: usize) -> Flags {
    parsed(listing_text(count))
}

/// The text of a file with such a flag.
pub fn listing_text(count: usize) -> String {
    text(&format!(r#""listed": {}"#, listed(count)))
}

/// The text of the list alone.
pub fn keys_text(count: usize) -> String {
    let keys: Vec<String> = (0..count).map(|n| format!("\"early-{n:08}\"")).collect();
    format!("[{}]", keys.join(", "))
}

/// So many flags of each of four kinds, numbered.
pub fn of_each_kind(count: usize, on_list: usize) -> Flags {
    let kinds = [("plain", PLAIN), ("half", HALF), ("listed", &listed(on_list)), ("conditions", CONDITIONS)];
    let numbered = |n| kinds.map(|(kind, flag)| format!("\"{kind}-{n}\": {flag}"));
    read(&(0..count).flat_map(numbered).collect::<Vec<_>>().join(", "))
}

fn listed(count: usize) -> String {
    format!(r#"{{"rules": [{{"when": {{"key": {{"in": {}}}}}}}]}}"#, keys_text(count))
}

fn asked() -> String {
    format!(r#""plain": {PLAIN}, "half": {HALF}, "conditions": {CONDITIONS}, {OTHERS}"#)
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
    read(&format!("{}{}", asked(), (6..count).map(other).collect::<String>()))
}

/// The text of a file with nothing but the flags that are asked.
pub fn asked_text() -> String {
    text(&asked())
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
