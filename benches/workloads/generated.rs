//! A flag file like a large service has it, of any size: what loading and keeping is measured with.
//!
//! Each flag has two rules, three user ids and two conditions, and is laid out as an editor does it: 901 bytes or so.

use std::fmt::Write;

const HEAD: &str = r#"{
  "version": 1,
  "attributes": {
    "country": { "type": "string" },
    "app_version": { "type": "version" }
  },
  "flags": {
"#;

const COUNTRIES: [&str; 8] = ["AT", "BE", "CH", "CZ", "DE", "FR", "NL", "PL"];

/// The text of a file of so many flags.
pub fn file(count: usize) -> String {
    let mut text = HEAD.to_owned();
    for number in 0..count {
        text.push_str(if number == 0 { "" } else { ",\n" });
        flag(&mut text, number);
    }
    text.push_str("\n  }\n}\n");
    text
}

fn flag(text: &mut String, number: usize) {
    let user = |n: usize| 4_294_967_291_u64.wrapping_mul((3 * number + n) as u64 + 1) % 100_000_000;
    let country = |n: usize| COUNTRIES[(number + n) % COUNTRIES.len()];
    write!(
        text,
        r#"    "checkout.feature-{number:06}": {{
      "description": "Number {number} of the features of the shop, with a line to say what it is, and who wanted it",
      "owner": "team-{team}",
      "kind": "release",
      "remove_by": "2027-{month:02}-01",
      "tags": [
        "shop",
        "generated"
      ],
      "rules": [
        {{
          "name": "early adopters",
          "when": {{
            "key": {{
              "in": [
                "user-{ada:08}",
                "user-{grace:08}",
                "user-{linus:08}"
              ]
            }}
          }}
        }},
        {{
          "name": "step by step",
          "when": {{
            "country": {{
              "in": [
                "{here}",
                "{there}"
              ]
            }},
            "app_version": {{
              "at_least": "{major}.{minor}"
            }}
          }},
          "rollout": {share}
        }}
      ]
    }}"#,
        team = number % 37,
        month = number % 12 + 1,
        ada = user(0),
        grace = user(1),
        linus = user(2),
        here = country(0),
        there = country(3),
        major = number % 5,
        minor = number % 23,
        share = number % 100 + 1,
    )
    .expect("a text takes whatever is written to it");
}
