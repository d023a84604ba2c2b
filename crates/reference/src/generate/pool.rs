//! What files and contexts are made of. Operands and values come from the same short lists, so that they meet, and each
//! list stands close around the edges of its type.

use waterspout::AttributeKind;

/// The attributes of every file.
pub const ATTRIBUTES: [(&str, AttributeKind); 11] = [
    ("country", AttributeKind::Text),
    ("plan", AttributeKind::Text),
    ("account", AttributeKind::Text),
    ("age", AttributeKind::Number),
    ("seat", AttributeKind::Number),
    ("beta", AttributeKind::Bool),
    ("app", AttributeKind::Version),
    ("build", AttributeKind::Version),
    ("seen", AttributeKind::Time),
    ("address", AttributeKind::Ip),
    ("groups", AttributeKind::Texts),
];

/// The keys that a file's flags have: the first of them, as many as it has flags.
pub const FLAG_KEYS: [&str; 8] = ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7"];

/// The tests of a type, but for `present`.
pub(super) fn words(kind: AttributeKind) -> &'static [&'static str] {
    match kind {
        AttributeKind::Text => &["is", "is_not", "in", "not_in", "starts_with", "ends_with", "contains"],
        AttributeKind::Number => &["is", "is_not", "in", "not_in", "at_least", "above", "at_most", "below"],
        AttributeKind::Version => &["is", "is_not", "at_least", "above", "at_most", "below"],
        AttributeKind::Bool => &["is"],
        AttributeKind::Time => &["since", "before"],
        AttributeKind::Ip => &["within"],
        AttributeKind::Texts => &["has", "has_any", "has_all", "has_none"],
        kind => panic!("an attribute of a kind that the generator does not know: {kind}"),
    }
}

/// Texts as operands and as values of attributes. The first six can be a `one_of`.
pub(super) const TEXTS: [&str; 14] = [
    "DE", "FR", "", "de", "pro-1", "pro-10", "DEF", "é", "e\u{301}", "a\"b\\c", "🐎", "Grüße", "pro-",
    "\u{0}",
];

/// Parts of texts, for `starts_with` and its like.
pub(super) const PARTS: [&str; 10] = ["D", "DE", "E", "pro-", "1", "10", "é", "\u{301}", "\"", "🐎"];

/// Targeting keys that lists name.
pub(super) const KEYS: [&str; 14] = [
    "ada",
    "grace",
    "mallory",
    "Ada",
    "user-1",
    "user-2",
    "user-3",
    "user-4",
    "user-5",
    "user-6",
    "user-7",
    "DE",
    "7",
    "žluťoučký kůň",
];

pub(super) const NUMBERS: [&str; 18] = [
    "0",
    "-0",
    "-0.0",
    "1",
    "1.0",
    "7",
    "-7",
    "18",
    "17.999999999999996",
    "18.000000000000004",
    "2.5",
    "1e2",
    "100",
    "1e308",
    "9007199254740991",
    "9007199254740992",
    "-9007199254740993",
    "5e-324",
];

pub(super) const VERSIONS: [&str; 26] = [
    "1",
    "1.0.0",
    "1.2",
    "1.2.0",
    "1.2.0+build.5",
    "1.2.0-rc.1+build.5",
    "1.2.0-rc",
    "1.2.0-rc.1",
    "1.2.0-rc.2",
    "1.2.0-rc.10",
    "1.2.0-rc.1.0",
    "1.2.0-rc.a",
    "1.2.0--",
    "1.2.0-0",
    "1.2.0-99999999999999999999999",
    "1.2.0-100000000000000000000000",
    "1.2.3",
    "1.10.0",
    "2",
    "2097151.0.0",
    "2097152.0.0",
    "1.2097152.0",
    "1.0.4194304",
    "1.2.2097153",
    "18446744073709551615.0.0",
    "0.0.0-0",
];

pub(super) const NO_VERSIONS: [&str; 12] = [
    "v1.2.0",
    "1.2.0.1",
    "01.2",
    "1.2-rc.1",
    "1-1",
    "",
    "1.2.0-01",
    "18446744073709551616.0.0",
    "1..2",
    "1.2.0-",
    "1.2.0+",
    "1.2.0+a_b",
];

pub(super) const TIMES: [&str; 20] = [
    "2026-12-01T08:00:00Z",
    "2026-12-01T09:00:00+01:00",
    "2026-12-01T07:59:59.999999999Z",
    "2026-12-01t08:00:00.000000001z",
    "2026-12-01T08:00:00.0000000019Z",
    "2026-12-01T00:30:00-07:30",
    "2026-12-24",
    "2026-12-24T00:00:00.5Z",
    "2000-02-29",
    "1900-03-01",
    "2100-02-28T23:59:59Z",
    "2100-03-01",
    "1970-01-01",
    "1969-12-31T23:59:59.5Z",
    "2024-12-31T23:59:59-00:01",
    "2025-01-01T00:01:00Z",
    "0000-01-01T00:00:00+23:59",
    "0000-02-29",
    "9999-12-31",
    "9999-12-31T23:59:59.999999999-23:59",
];

pub(super) const NO_TIMES: [&str; 10] = [
    "2026-12-01T08:00:00",
    "2026-02-29",
    "1900-02-29",
    "2026-12-01 08:00:00Z",
    "2026-12-01T08:00:60Z",
    "2026-12-01T24:00:00Z",
    "2026-12-01T08:00:00.Z",
    "2026-12-01T08:00:00+24:00",
    "",
    "yesterday",
];

pub(super) const BLOCKS: [&str; 16] = [
    "10.0.0.0/8",
    "10.1.2.3",
    "10.1.2.2/31",
    "10.1.2.3/32",
    "0.0.0.0/0",
    "128.0.0.0/1",
    "192.168.4.0/22",
    "::ffff:10.1.2.3",
    "::/0",
    "8000::/1",
    "2001:db8::/32",
    "2001:db8::1",
    "2001:db8::1/128",
    "2001:db8:8000::/33",
    "fe80::/10",
    "::/96",
];

pub(super) const ADDRESSES: [&str; 20] = [
    "10.1.2.3",
    "::ffff:10.1.2.3",
    "::FFFF:0a01:0203",
    "10.1.2.2",
    "10.255.255.255",
    "11.0.0.0",
    "9.255.255.255",
    "192.168.7.255",
    "192.168.8.0",
    "0.0.0.0",
    "255.255.255.255",
    "2001:db8::1",
    "2001:0DB8:0:0::0001",
    "2001:db8:8000::1",
    "2001:db9::",
    "::1",
    "::10.1.2.3",
    "febf:ffff::",
    "fec0::",
    "ffff::",
];

pub(super) const NO_ADDRESSES: [&str; 8] =
    ["010.0.0.1", "fe80::1%eth0", "10.0.0.0/8", "10.0.0.1:80", "[::1]", "10.1", "", "localhost"];

/// JSON that few types can read.
pub(super) const ODD_JSON: [&str; 16] = [
    "null",
    "true",
    "7",
    "-0.0",
    "1e999",
    "\"\"",
    "\"7\"",
    "\"true\"",
    "\"DE\"",
    "\"\\ud83d\"",
    "[]",
    "[\"DE\",7]",
    "[\"DE\",\"\\udc0e\"]",
    "[\"DE\",[\"FR\"]]",
    "{}",
    "{\"DE\":{\"a\":[1e999]}}",
];

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}
