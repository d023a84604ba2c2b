//! Words that mean something in another place, in another product or for another type: the word for it here. Runs on
//! faults only.

use crate::context::AttributeKind;

use super::similar::did_you_mean;

/// Words and what to do instead of each of them.
type Words = [(&'static [&'static str], &'static str)];

const COMMENT: &str = "write a comment: `// ...`";

const FILE_KEYS: &Words = &[
    (&["features", "featureflags", "toggles"], "flags stand under `flags`"),
    (&["context", "properties", "traits"], "attributes stand under `attributes`"),
    (&["audiences", "cohorts", "groups", "lists"], "named conditions and lists stand under `segments`"),
];

const ATTRIBUTE_KEYS: &Words = &[
    (&["default"], "an attribute has no default: where it is missing, a test of it is unknown"),
    (&["enum", "values", "options", "allowed", "oneof"], "write `one_of`"),
    (&["private", "secret", "pii", "personal"], "write `sensitive`"),
    (&["kind"], "write `type`"),
];

const SEGMENT_KEYS: &Words = &[
    (&["users", "members", "ids", "included", "list", "values"], "write `keys`"),
    (&["file", "path", "keysfile"], "write `keys_from`"),
    (
        &["condition", "conditions", "rules", "rule", "if", "match", "all", "any", "not"],
        "conditions stand in `when`",
    ),
    (&["attribute", "by"], "write `of`"),
];

const FLAG_KEYS: &Words = &[
    (
        &["rollout", "percentage", "percent", "rolloutpercentage"],
        "it stands in a rule: `\"rules\": [{\"rollout\": 25}]`",
    ),
    (&["serve", "variant", "variation"], "it stands in a rule: `\"rules\": [{\"serve\": \"on\"}]`"),
    (
        &["split", "weights", "distribution"],
        "it stands in a rule: `\"rules\": [{\"split\": [{\"on\": 50}, {\"off\": 50}]}]`",
    ),
    (
        &["when", "if", "condition", "conditions", "targeting", "strategies", "constraints"],
        "conditions stand in rules: `\"rules\": [{\"when\": {\"country\": {\"is\": \"DE\"}}}]`",
    ),
    (
        &["users", "userids", "keys", "targets"],
        "keys stand in a segment, or in a rule: `\"rules\": [{\"when\": {\"key\": {\"in\": [\"ada\"]}}}]`",
    ),
    (&["segment", "segments"], "it stands in a rule: `\"rules\": [{\"when\": {\"segment\": \"testers\"}}]`"),
    (&["state", "active", "status", "on"], "write `\"enabled\": false` to switch the flag off"),
    (&["disabled"], "write `\"enabled\": false`"),
    (&["value", "defaultvariant", "defaultvalue", "fallthrough", "fallback", "else"], "write `default`"),
    (&["offvariation", "offvariant", "offvalue"], "write `off`"),
    (&["variations"], "write `variants`"),
    (&["type"], "the values in `variants` say the type"),
    (&["name", "key", "id"], "the key of the flag is its name"),
    (&["prerequisites", "dependson", "dependencies", "prerequisite"], "write `requires`"),
    (&["seed"], "write `salt`"),
    (&["expires", "expiry", "removeafter", "sunset", "until"], "write `remove_by`"),
    (&["team", "maintainer", "owners"], "write `owner`"),
];

const RULE_KEYS: &Words = &[
    (&["percentage", "percent", "rolloutpercentage", "weight"], "write `rollout`"),
    (
        &["condition", "conditions", "if", "match", "targeting", "constraints", "clauses", "query"],
        "conditions stand in `when`: `\"when\": {\"country\": {\"is\": \"DE\"}}`",
    ),
    (&["all", "any", "not", "now"], "it stands in a condition, behind `when`"),
    (&["users", "userids", "keys", "key", "targets"], "write `\"when\": {\"key\": {\"in\": [\"ada\"]}}`"),
    (&["segment", "segments"], "write `\"when\": {\"segment\": \"testers\"}`"),
    (&["variant", "variation", "value", "then", "result"], "write `serve`"),
    (&["distribution", "variants", "variations", "weights"], "write `split`"),
    (&["enabled", "disabled"], "a rule has no switch: delete it, or write `\"rollout\": 0`"),
    (&["deny", "requires", "default", "off", "bucketby", "salt"], "it stands in the flag, beside `rules`"),
];

const KINDS: &Words = &[
    (&["killswitch", "ops", "switch", "circuitbreaker"], "write `operational`"),
    (&["abtest", "test", "ab"], "write `experiment`"),
    (&["entitlement", "premium", "plan", "access"], "write `permission`"),
    (&["feature", "rollout", "toggle", "temporary"], "write `release`"),
];

const TYPES: &Words = &[
    (&["integer", "int", "float", "double", "decimal", "long"], "write `number`"),
    (&["text", "str", "enum"], "write `string`"),
    (&["boolean"], "write `bool`"),
    (&["date", "datetime", "timestamp", "instant"], "write `time`"),
    (&["semver"], "write `version`"),
    (&["ipaddress", "address", "cidr", "ipv4", "ipv6"], "write `ip`"),
    (&["array", "list", "set", "string[]"], "write `strings`, a list of texts"),
    (&["object", "json", "map"], "an attribute is one value: declare each part by its own name"),
];

const CONDITIONS: &Words = &[
    (&["or", "anyof", "||"], "did you mean `any`?"),
    (&["and", "allof", "&&"], "did you mean `all`?"),
    (&["nor", "none", "noneof", "!"], "put `not` around an `any`"),
    (
        &[
            "is",
            "isnot",
            "in",
            "notin",
            "startswith",
            "endswith",
            "contains",
            "atleast",
            "above",
            "atmost",
            "below",
            "since",
            "before",
            "within",
            "has",
            "hasany",
            "hasall",
            "hasnone",
            "present",
        ],
        "name the attribute first: `{\"country\": {\"is\": \"DE\"}}`",
    ),
    (&["targetingkey"], "in a condition the targeting key is called `key`"),
    (&["rollout", "percentage", "percent"], "it stands in the rule, beside `when`"),
];

/// What to do about a key that an object does not have.
pub(super) fn key(what: &str, written: &str, known: &[&str]) -> Option<String> {
    if matches!(written, "//" | "#" | "/*") || matches!(&*plain(written), "comment" | "$comment" | "note") {
        return Some(COMMENT.to_owned());
    }
    let words = match what {
        "a flag file" => FILE_KEYS,
        "an attribute" => ATTRIBUTE_KEYS,
        "a segment" => SEGMENT_KEYS,
        "a flag" => FLAG_KEYS,
        "a rule" => RULE_KEYS,
        _ => &[],
    };
    meant(words, written, known)
}

/// What to write for a kind of flag that does not exist.
pub(super) fn kind(written: &str, known: &[&str]) -> Option<String> {
    meant(KINDS, written, known)
}

/// What to write for a type of attribute that does not exist.
pub(super) fn attribute_type(written: &str, known: &[&str]) -> Option<String> {
    meant(TYPES, written, known)
}

/// What to write for a word that stands in a condition where a name should.
pub(super) fn condition(written: &str) -> Option<String> {
    find(CONDITIONS, written)
}

/// The meaning goes before the spelling.
fn meant(words: &Words, written: &str, known: &[&str]) -> Option<String> {
    find(words, written).or_else(|| did_you_mean(written, known.iter().copied()))
}

fn find(words: &Words, written: &str) -> Option<String> {
    let plain = plain(written);
    words.iter().find(|(words, _)| words.contains(&&*plain)).map(|(_, help)| (*help).to_owned())
}

/// A word however it is put together: `defaultVariant`, `default_variant`.
fn plain(written: &str) -> String {
    written.chars().take(40).filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// What a test asks, whatever its word.
#[derive(Clone, Copy)]
enum Asks {
    Equal,
    Unequal,
    OneOf,
    NoneOf,
    Part,
    Start,
    End,
    AtLeast,
    Above,
    AtMost,
    Below,
    Between,
    Pattern,
    Present,
    Absent,
    Not,
}

const TESTS: &[(Asks, &[&str])] = &[
    (Asks::Equal, &["is", "eq", "equal", "equals", "=", "==", "==="]),
    (Asks::Unequal, &["isnot", "ne", "neq", "notequal", "notequals", "!=", "!==", "isnt"]),
    (Asks::OneOf, &["in", "oneof", "isoneof", "anyof", "isin", "hasany", "within"]),
    (Asks::NoneOf, &["notin", "nin", "noneof", "isnotoneof", "notoneof", "hasnone"]),
    (Asks::Part, &["contains", "contain", "has", "includes", "include", "substring"]),
    (Asks::Start, &["startswith", "beginswith", "prefix"]),
    (Asks::End, &["endswith", "suffix"]),
    (Asks::AtLeast, &["atleast", "gte", "ge", ">=", "min", "from", "since", "greaterthanorequal"]),
    (Asks::Above, &["above", "gt", ">", "greaterthan", "greater", "morethan", "after", "over"]),
    (Asks::AtMost, &["atmost", "lte", "le", "<=", "max", "until", "upto", "lessthanorequal"]),
    (Asks::Below, &["below", "lt", "<", "lessthan", "less", "before", "under"]),
    (Asks::Between, &["between", "range", "inrange"]),
    (Asks::Pattern, &["matches", "match", "regex", "regexp", "like", "pattern", "glob"]),
    (Asks::Present, &["exists", "isset", "defined", "given"]),
    (Asks::Absent, &["missing", "absent", "isnull", "null", "undefined", "notset", "empty"]),
    (Asks::Not, &["not", "!", "none"]),
];

/// What to write for a test that attributes of a type do not have.
pub(super) fn test(written: &str, attribute: &str, kind: AttributeKind, known: &[&str]) -> Option<String> {
    let plain = plain(written);
    let asks = TESTS.iter().find(|(_, words)| words.contains(&&*plain)).map(|(asks, _)| *asks);
    let help = match asks {
        None => None,
        Some(Asks::Present) => Some("write `\"present\": true`".to_owned()),
        Some(Asks::Absent) => Some("write `\"present\": false`".to_owned()),
        Some(Asks::Not) => {
            Some(format!("put `not` around the whole: `{{\"not\": {{\"{attribute}\": ...}}}}`"))
        }
        Some(asks) => match kind {
            AttributeKind::Text => text_test(asks).map(str::to_owned),
            AttributeKind::Number => number_test(asks).map(str::to_owned),
            AttributeKind::Version => version_test(asks, attribute),
            AttributeKind::Bool => bool_test(asks).map(str::to_owned),
            AttributeKind::Time => time_test(asks).map(str::to_owned),
            AttributeKind::Ip => ip_test(asks, attribute),
            AttributeKind::Texts => texts_test(asks).map(str::to_owned),
        },
    };
    help.or_else(|| did_you_mean(written, known.iter().copied()))
}

fn text_test(asks: Asks) -> Option<&'static str> {
    Some(match asks {
        Asks::Equal => "write `is`",
        Asks::Unequal => "write `is_not`",
        Asks::OneOf => "write `in`",
        Asks::NoneOf => "write `not_in`",
        Asks::Part => "write `contains`",
        Asks::Start => "write `starts_with`",
        Asks::End => "write `ends_with`",
        Asks::Pattern => "there are no patterns: write `starts_with`, `ends_with` or `contains`",
        Asks::AtLeast | Asks::Above | Asks::AtMost | Asks::Below | Asks::Between => {
            "texts have no order: only numbers, versions and times do"
        }
        Asks::Present | Asks::Absent | Asks::Not => return None,
    })
}

fn number_test(asks: Asks) -> Option<&'static str> {
    Some(match asks {
        Asks::Equal => "write `is`",
        Asks::Unequal => "write `is_not`",
        Asks::OneOf => "write `in`",
        Asks::NoneOf => "write `not_in`",
        Asks::Between => "write both ends: `{\"at_least\": 18, \"at_most\": 21}`",
        Asks::Part | Asks::Start | Asks::End | Asks::Pattern => "only texts are tested for what is in them",
        _ => return ordered_test(asks),
    })
}

fn version_test(asks: Asks, attribute: &str) -> Option<String> {
    Some(match asks {
        Asks::Equal => "write `is`".to_owned(),
        Asks::Unequal => "write `is_not`".to_owned(),
        Asks::OneOf => {
            format!(
                "write one condition for each: `{{\"any\": [{{\"{attribute}\": {{\"is\": \"2.3\"}}}}, ...]}}`"
            )
        }
        Asks::NoneOf => {
            format!(
                "write one condition for each: `{{\"all\": [{{\"{attribute}\": {{\"is_not\": \"2.3\"}}}}, ...]}}`"
            )
        }
        Asks::Between | Asks::Start | Asks::Part | Asks::Pattern => {
            "write both ends: `{\"at_least\": \"2.0\", \"below\": \"3.0.0-0\"}`".to_owned()
        }
        _ => return ordered_test(asks).map(str::to_owned),
    })
}

/// Numbers and versions alike.
fn ordered_test(asks: Asks) -> Option<&'static str> {
    match asks {
        Asks::AtLeast => Some("write `at_least`"),
        Asks::Above => Some("write `above`"),
        Asks::AtMost => Some("write `at_most`"),
        Asks::Below => Some("write `below`"),
        _ => None,
    }
}

fn bool_test(asks: Asks) -> Option<&'static str> {
    match asks {
        Asks::Equal => Some("write `is`"),
        Asks::Unequal => Some("write `is` with the other value"),
        _ => None,
    }
}

fn time_test(asks: Asks) -> Option<&'static str> {
    match asks {
        Asks::AtLeast | Asks::Above => Some("write `since`"),
        Asks::AtMost | Asks::Below => Some("write `before`"),
        Asks::Between | Asks::Equal | Asks::Start => {
            Some("write both ends of the period: `since` and `before`")
        }
        _ => None,
    }
}

fn ip_test(asks: Asks, attribute: &str) -> Option<String> {
    match asks {
        Asks::Equal | Asks::OneOf | Asks::Part | Asks::Start | Asks::Between | Asks::Pattern => {
            Some("write `within`, with a list: `{\"within\": [\"192.0.2.7\"]}`".to_owned())
        }
        Asks::Unequal | Asks::NoneOf => {
            Some(format!("put `not` around it: `{{\"not\": {{\"{attribute}\": {{\"within\": [...]}}}}}}`"))
        }
        _ => None,
    }
}

fn texts_test(asks: Asks) -> Option<&'static str> {
    match asks {
        Asks::Equal | Asks::Part => Some("write `has`"),
        Asks::OneOf => Some("write `has_any`"),
        Asks::Unequal | Asks::NoneOf => Some("write `has_none`, with a list"),
        _ => None,
    }
}
