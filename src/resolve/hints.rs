//! What to write instead of a value that has another shape than its place takes, or where nothing stands. Runs on faults
//! only.

use std::time::{Duration, SystemTime};

use crate::context::AttributeKind;
use crate::document::{Member, Members, Node, NodeKind};
use crate::json::Json;
use crate::time::Time;

use super::object::MAX_SHOWN;

/// What to write instead of a value of another type; `what` is the place, and `wanted` its type, as the message calls
/// them.
pub(super) fn shape(what: &str, wanted: &str, node: Node<'_>) -> Option<String> {
    let of_place = match what {
        "a flag file" => Some("write `{\"version\": 1, \"flags\": {}}`".to_owned()),
        "`attributes`" => Some("write `{\"country\": {\"type\": \"string\"}}`".to_owned()),
        "`segments`" => Some("give each a name: `{\"testers\": {\"keys\": [\"ada\"]}}`".to_owned()),
        "`flags`" => Some("give each a key: `{\"new-checkout\": {}}`".to_owned()),
        "`variants`" => Some("give each a name and a value: `{\"short\": 10, \"long\": 60}`".to_owned()),
        "an attribute" => attribute(node),
        "a segment" => segment(node),
        "a flag" => flag(node),
        "a rule" => rule(node),
        "`when`" | "`not`" | "an entry of `deny`" | "an entry of `all`" | "an entry of `any`" => {
            condition(node)
        }
        "`segment`" => Some("write `\"segment\": \"testers\"`, or `[\"testers\", \"staff\"]`".to_owned()),
        "`requires`" => Some("write which variants are enough: `{\"dark-mode\": [\"on\"]}`".to_owned()),
        "`split`" => split(node),
        "an entry of `split`" => split_entry(node),
        "`rollout`" => rollout(node),
        "`is`" => several(node, "in"),
        "`is_not`" => several(node, "not_in"),
        "`has`" => several(node, "has_any"),
        "`in`" => only_one(node, "is"),
        "`not_in`" => only_one(node, "is_not"),
        "`has_any`" | "`has_all`" => only_one(node, "has"),
        "`since`" | "`before`" => unix_time(node),
        "`remove_by`" | "`until`" => date(node),
        "`description`" | "`owner`" => one_text(node),
        _ => None,
    };
    of_place.or_else(|| spelling(wanted, node))
}

/// The same value, spelt as the type that is wanted.
fn spelling(wanted: &str, node: Node<'_>) -> Option<String> {
    match (wanted, node.kind()) {
        ("a text" | "a text or a list of texts", NodeKind::Number(_)) => {
            short_json(node).map(|json| format!("in double quotes: `\"{json}\"`"))
        }
        ("a text", NodeKind::Array(items)) => match items.iter().next() {
            Some(only) if items.len() == 1 && only.text().is_some() => {
                short_json(only).map(|json| format!("without brackets: `{json}`"))
            }
            _ => None,
        },
        ("a number", NodeKind::Text(text)) if is_number(text) => Some(format!("without quotes: `{text}`")),
        ("true or false", _) => match node.spelt()? {
            written @ ("true" | "false") => Some(format!("without quotes: `{written}`")),
            "yes" | "on" | "1" => Some("write `true`".to_owned()),
            "no" | "off" | "0" => Some("write `false`".to_owned()),
            _ => None,
        },
        ("a list", NodeKind::Text(_) | NodeKind::Number(_)) => {
            short_json(node).map(|json| format!("in brackets: `[{json}]`"))
        }
        ("a list", NodeKind::Object(_)) => Some("in brackets: `[{...}]`".to_owned()),
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    text.len() <= 40 && matches!(text.parse(), Ok(Json::Number(_)))
}

/// A value as it could be written in an example; `None` if it is long.
fn short_json(node: Node<'_>) -> Option<String> {
    match node.kind() {
        NodeKind::Array(items) if items.len() <= 4 => {
            let items: Option<Vec<String>> = items.iter().map(short_scalar).collect();
            items.map(|items| format!("[{}]", items.join(", ")))
        }
        _ => short_scalar(node),
    }
}

fn short_scalar(node: Node<'_>) -> Option<String> {
    node.spelt().filter(|written| written.len() <= 40).map(|_| node.to_json().to_string())
}

fn attribute(node: Node<'_>) -> Option<String> {
    let kind = node.text().filter(|text| AttributeKind::ALL.iter().any(|kind| kind.as_str() == *text));
    Some(format!("write `{{\"type\": \"{}\"}}`", kind.unwrap_or("string")))
}

fn segment(node: Node<'_>) -> Option<String> {
    let keys = match node.kind() {
        NodeKind::Array(_) => short_json(node),
        _ => None,
    };
    Some(format!("write `{{\"keys\": {}}}`", keys.as_deref().unwrap_or("[\"ada\"]")))
}

fn flag(node: Node<'_>) -> Option<String> {
    Some(match node.kind() {
        NodeKind::Bool(true) => "write `{\"default\": \"on\"}`".to_owned(),
        NodeKind::Array(_) => "write `{\"rules\": [...]}`".to_owned(),
        _ => "write `{}` for a flag that is off".to_owned(),
    })
}

fn rule(node: Node<'_>) -> Option<String> {
    let serve = node.text().and_then(|_| short_json(node));
    Some(format!("write `{{\"serve\": {}}}`", serve.as_deref().unwrap_or("\"on\"")))
}

fn condition(node: Node<'_>) -> Option<String> {
    match node.kind() {
        NodeKind::Array(items) if items.len() == 1 => Some("without brackets: `{...}`".to_owned()),
        NodeKind::Array(_) => Some("join them: `{\"all\": [...]}` or `{\"any\": [...]}`".to_owned()),
        NodeKind::Text(_) => {
            let key = short_json(node)?;
            Some(format!("for a targeting key write `{{\"key\": {{\"is\": {key}}}}}`"))
        }
        NodeKind::Bool(true) => Some("leave it out: what is always true needs no condition".to_owned()),
        _ => None,
    }
}

/// An object of variants and weights as the list that it should be.
fn split(node: Node<'_>) -> Option<String> {
    let NodeKind::Object(members) = node.kind() else { return None };
    let entry =
        |member: Member<'_>| Some(format!("{{\"{}\": {}}}", short(member.key)?, short_json(member.value)?));
    let entries: Option<Vec<String>> = members.iter().take(4).map(entry).collect();
    let entries = entries.filter(|_| (1..=4).contains(&members.len()))?;
    Some(format!("write a list, since its order matters: `[{}]`", entries.join(", ")))
}

fn split_entry(node: Node<'_>) -> Option<String> {
    let variant = short_json(node).filter(|_| node.text().is_some())?;
    Some(format!("with its weight: `{{{variant}: 50}}`"))
}

fn rollout(node: Node<'_>) -> Option<String> {
    match node.kind() {
        NodeKind::Null => Some("leave `rollout` out where all are meant".to_owned()),
        NodeKind::Text(text) => {
            let number = text.trim_matches(['%', ' ']);
            is_number(number).then(|| format!("write the number alone: `{number}`"))
        }
        _ => None,
    }
}

/// Several values where a test takes one.
fn several(node: Node<'_>, test: &str) -> Option<String> {
    let NodeKind::Array(items) = node.kind() else { return None };
    if items.len() == 1 {
        return None;
    }
    let list = short_json(node).unwrap_or_else(|| "[...]".to_owned());
    Some(format!("for several values write `{{\"{test}\": {list}}}`"))
}

/// One value where a test takes several.
fn only_one(node: Node<'_>, test: &str) -> Option<String> {
    let (NodeKind::Text(_) | NodeKind::Number(_)) = node.kind() else { return None };
    let json = short_json(node)?;
    Some(format!("in brackets: `[{json}]`; for one value there is also `{test}`"))
}

/// Seconds since 1970 as a time.
fn unix_time(node: Node<'_>) -> Option<String> {
    let NodeKind::Number(seconds) = node.kind() else { return None };
    let since_1970 = seconds.parse().ok().map(Duration::from_secs);
    let time = since_1970.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
    let time = time.map(|time| Time::from(time).to_string()).filter(|time| Time::parse(time).is_some());
    Some(format!("write the time as a text: `\"{}\"`", time.as_deref().unwrap_or("2026-12-01T08:00:00Z")))
}

/// A day written as a number, `20270301`.
fn date(node: Node<'_>) -> Option<String> {
    let NodeKind::Number(digits) = node.kind() else { return None };
    let parts = (digits.get(..4), digits.get(4..6), digits.get(6..));
    let date = match parts {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => String::new(),
    };
    let date = if Time::parse_date(&date).is_some() { &date } else { "2027-03-01" };
    Some(format!("write year, month and day as a text: `\"{date}\"`"))
}

fn one_text(node: Node<'_>) -> Option<String> {
    match node.kind() {
        NodeKind::Array(items) if items.len() > 1 => Some("join them in one text".to_owned()),
        _ => None,
    }
}

fn short(name: &str) -> Option<&str> {
    (name.len() <= 40).then_some(name)
}

/// What to write instead of something that is no object of tests.
pub(super) fn tests(node: Node<'_>, kind: AttributeKind) -> Option<String> {
    let json = short_json(node);
    let test = match (node.kind(), kind) {
        (NodeKind::Array(_), AttributeKind::Text | AttributeKind::Number) => "in",
        (NodeKind::Array(_), AttributeKind::Texts) => "has_any",
        (NodeKind::Text(_), AttributeKind::Text | AttributeKind::Version) => "is",
        (NodeKind::Text(_), AttributeKind::Texts) => "has",
        (NodeKind::Text(_), AttributeKind::Time) => "since",
        (NodeKind::Text(_), AttributeKind::Ip) => {
            return json.map(|json| format!("name the test: `{{\"within\": [{json}]}}`"));
        }
        (NodeKind::Array(_), AttributeKind::Ip) => "within",
        (NodeKind::Number(_), AttributeKind::Number) | (NodeKind::Bool(_), AttributeKind::Bool) => "is",
        _ => return None,
    };
    Some(format!("name the test: `{{\"{test}\": {}}}`", json.unwrap_or_else(|| "[...]".to_owned())))
}

/// The variants that are enough, written without their list.
pub(super) fn required_variants(node: Node<'_>) -> Option<String> {
    match node.kind() {
        NodeKind::Text(_) => spelling("a list", node),
        NodeKind::Bool(true) => Some("name the variants: `[\"on\"]`".to_owned()),
        NodeKind::Bool(false) => Some("name the variants: `[\"off\"]`".to_owned()),
        _ => None,
    }
}

/// A value, without quotes, where the name of a variant should stand; `variants` is what the flag writes of its own.
pub(super) fn variant_of_value(value: &str, variants: Option<Node<'_>>) -> Option<String> {
    let name = match variants.map(Node::kind) {
        Some(NodeKind::Object(members)) => {
            let has_it = |member: &Member<'_>| member.value.spelt() == Some(value);
            members.iter().take(MAX_SHOWN).find(has_it)?.key
        }
        Some(_) => return None,
        None => match value {
            "true" => "on",
            "false" => "off",
            _ => return None,
        },
    };
    short(name).map(|name| format!("name the variant, not its value: `\"{name}\"`"))
}

/// A word in a split where the name of a variant should stand, as in `{"variant": 10}`.
pub(super) fn split_part(what: &str, written: &str, first: &str) -> Option<String> {
    let spelt_out = what == "`split`" && matches!(written, "variant" | "variation" | "name" | "weight");
    let first = short(first).filter(|_| spelt_out)?;
    Some(format!("write the variant and its weight alone: `{{\"{first}\": 10}}`"))
}

/// An entry of a split that spells its parts out: `{"variant": "on", "weight": 10}`.
pub(super) fn split_entry_spelt_out(members: Members<'_>) -> Option<String> {
    let value =
        |keys: [&str; 3]| members.iter().find(|member| keys.contains(&member.key)).map(|member| member.value);
    let weight = value(["weight", "percentage", "percent"]);
    let variant = value(["variant", "name", "variation"])?;
    let name = variant.text().and_then(short).unwrap_or("on");
    let weight = weight.and_then(short_json).unwrap_or_else(|| "10".to_owned());
    Some(format!("write the variant and its weight alone: `{{\"{name}\": {weight}}}`"))
}

/// What to write where nothing stands.
pub(super) fn empty(what: &str, node: Node<'_>) -> &'static str {
    match node.kind() {
        NodeKind::Text(_) => empty_text(what),
        NodeKind::Array(_) => empty_list(what),
        _ => empty_object(what),
    }
}

fn empty_text(what: &str) -> &'static str {
    match what {
        "`salt`" => "leave `salt` out: the key of the flag is used then",
        "a rule's `name`" => "write a name, or leave `name` out",
        "an entry of `keys`" => "an empty key is the same as none, so it cannot be listed",
        "`rule`" | "`reason`" => "write a text",
        _ => "write a text that is not empty: the empty one is in every text",
    }
}

fn empty_list(what: &str) -> &'static str {
    match what {
        "`split`" => "write each variant with its weight: `[{\"on\": 50}, {\"off\": 50}]`",
        "`one_of`" => "list all values, or leave `one_of` out",
        "`keys`" => "list at least one key",
        "`all`" | "`any`" => "list at least one condition, or leave it out",
        "`segment`" => "name at least one segment, or leave it out",
        _ if what.starts_with("the list of variants") => "name the variants that are enough: `[\"on\"]`",
        _ => "list at least one value",
    }
}

fn empty_object(what: &str) -> &'static str {
    match what {
        "`variants`" => "leave `variants` out for a boolean flag, or write `{\"short\": 10, \"long\": 60}`",
        "an entry of `split`" => "write a variant with its weight: `{\"on\": 50}`",
        "an entry of `deny`" => "to switch the flag off for all, write `\"enabled\": false`",
        _ if what.starts_with("the test of") => "write a test, such as `{\"present\": true}`",
        _ => "write a condition, such as `{\"country\": {\"is\": \"DE\"}}`; what is true of all is left out",
    }
}

/// What to write for a version that is not known.
pub(super) fn version(written: Node<'_>) -> &'static str {
    match written.spelt().and_then(|version| version.parse::<f64>().ok()) {
        Some(version) if version > 1.0 => "write `\"version\": 1`, or use a newer waterspout",
        _ => "write `\"version\": 1`",
    }
}

/// An example of a key that is required.
pub(super) fn required(key: &str) -> Option<&'static str> {
    match key {
        "version" => Some("write `\"version\": 1`"),
        "flags" => Some("write `\"flags\": {}`, and the flags in it"),
        "type" => Some("write `\"type\": \"string\"`, or another type"),
        "rule" => Some("name the warning that is waived: `\"rule\": \"deny-catches-unknown\"`"),
        "reason" => Some("say why: `\"reason\": \"...\"`"),
        "until" => Some("say when to look at it again: `\"until\": \"2027-06-30\"`"),
        _ => None,
    }
}

/// Values of two kinds: whether one is only spelt so.
pub(super) fn mixed(first: Node<'_>, other: Node<'_>) -> String {
    let help = match (first.kind(), other.kind()) {
        (NodeKind::Text(_), NodeKind::Number(_) | NodeKind::Bool(_)) => {
            short_json(other).map(|json| format!("in double quotes: `\"{json}\"`"))
        }
        (NodeKind::Number(_), NodeKind::Text(_)) => spelling("a number", other),
        (NodeKind::Bool(_), NodeKind::Text(_)) => spelling("true or false", other),
        _ => None,
    };
    help.unwrap_or_else(|| "only null may stand beside values of any type".to_owned())
}

/// Why a path is no path of a list file.
pub(super) fn list_path(path: &str) -> &'static str {
    if path.starts_with('/') {
        "a path starts at the folder of the flag file, without a leading `/`"
    } else if path.contains('\\') {
        "write `/` between folders"
    } else if path.contains(':') {
        "a path has no drive and no `:`; it starts at the folder of the flag file"
    } else if path.split('/').any(|part| part == "..") {
        "a list stands beside the flag file or below it: no `..`"
    } else {
        "name a file beside the flag file or below it, with one `/` between folders"
    }
}

/// What to do instead of declaring an attribute that is there already, or whose name means something else.
pub(super) fn reserved(name: &str) -> &'static str {
    match name {
        "key" | "targetingKey" => "leave it out: conditions know the targeting key as `key`",
        "now" => "leave it out: `now` needs no declaration",
        _ => "choose another name",
    }
}

/// What to do about weights that do not total 100, in thousandths of a per cent.
pub(super) fn weights(total: u64) -> Option<&'static str> {
    match total {
        1_000 => Some("weights are per cent: write 50 for half"),
        99_990..=100_010 => Some("one of them takes the rest: thirds are 33.333, 33.333 and 33.334"),
        _ => None,
    }
}

/// A percentage that is finer than a thousandth, to the nearest thousandth.
pub(super) fn rounded(percent: f64) -> String {
    let rounded = (percent * 1000.0).round() / 1000.0;
    if rounded == 0.0 { "the smallest is `0.001`".to_owned() } else { format!("write `{rounded}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse_text;

    fn hint(what: &str, wanted: &str, json: &str) -> String {
        shape(what, wanted, parse_text(json).unwrap().root()).unwrap_or_default()
    }

    #[test]
    fn a_value_of_another_shape_is_put_into_the_one_that_is_wanted() {
        for (what, wanted, json, help) in [
            ("`salt`", "a text", "7", "in double quotes: `\"7\"`"),
            ("`kind`", "a text", r#"["release"]"#, "without brackets: `\"release\"`"),
            ("`owner`", "a text", r#"["payments", "web"]"#, "join them in one text"),
            ("`at_least`", "a number", r#""18""#, "without quotes: `18`"),
            ("`at_least`", "a number", r#""+18""#, ""),
            ("`at_least`", "a number", r#""inf""#, ""),
            ("`enabled`", "true or false", "0", "write `false`"),
            ("`enabled`", "true or false", r#""true""#, "without quotes: `true`"),
            ("`tags`", "a list", r#""checkout""#, "in brackets: `[\"checkout\"]`"),
            ("`rollout`", "a number", r#""25 %""#, "write the number alone: `25`"),
            ("`is`", "a text", r#"["DE", "FR"]"#, "for several values write `{\"in\": [\"DE\", \"FR\"]}`"),
            ("`is`", "a text", r#"["DE"]"#, "without brackets: `\"DE\"`"),
            ("`since`", "a text", "1767225600", "write the time as a text: `\"2026-01-01T00:00:00Z\"`"),
            (
                "`since`",
                "a text",
                "1767225600000000000000",
                "write the time as a text: `\"2026-12-01T08:00:00Z\"`",
            ),
            ("`until`", "a text", "20990301", "write year, month and day as a text: `\"2099-03-01\"`"),
            ("`until`", "a text", "2099", "write year, month and day as a text: `\"2027-03-01\"`"),
            (
                "`split`",
                "a list",
                r#"{"on": 50, "off": 50}"#,
                "write a list, since its order matters: `[{\"on\": 50}, {\"off\": 50}]`",
            ),
            ("`when`", "a condition", "[{}, {}]", "join them: `{\"all\": [...]}` or `{\"any\": [...]}`"),
        ] {
            assert_eq!(hint(what, wanted, json), help, "{what}: {json}");
        }
    }
}
