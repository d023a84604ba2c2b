//! What a team has agreed on: the steps of a ramp, how many people an edit may reach, and how much each rule matters.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use waterspout::{Json, Severity, Time};

use crate::place::Lines;
use crate::token::tokens;
use crate::tree::{Node, unquoted};
use crate::{Finding, Place, Rule, rules};

/// A policy file, read; or what holds where there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The steps of a ramp, in thousandths of a per cent, ascending.
    pub ladder: Vec<u32>,
    /// How many an edit may reach.
    pub blast_radius: BlastRadius,
    /// How many days ahead to tell what will change by itself.
    pub upcoming_days: u32,
    /// Severities other than the rules' own; `None` is off.
    pub rules: BTreeMap<&'static str, Option<Severity>>,
}

/// How many an edit may reach at once.
#[derive(Clone, Debug, PartialEq)]
pub struct BlastRadius {
    /// Of everyone, in thousandths of a per cent.
    pub everyone: u32,
    /// Of those whom a condition pins to values that the file names: a country, a domain.
    pub narrow: u32,
    /// How many of those that lists name, before they count.
    pub people: usize,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            ladder: vec![1_000, 5_000, 25_000, 50_000, 100_000],
            blast_radius: BlastRadius { everyone: 50_000, narrow: 100_000, people: 20 },
            upcoming_days: 14,
            rules: BTreeMap::new(),
        }
    }
}

impl Policy {
    /// Reads a policy: JSON, with comments as in a flag file.
    ///
    /// ```
    /// use waterspout_review::plan::Policy;
    ///
    /// let policy = Policy::parse(r#"{ "version": 1, "ladder": [1, 10, 100], "rules": { "no-owner": "off" } }"#);
    /// assert_eq!(policy.map(|policy| policy.ladder), Ok(vec![1_000, 10_000, 100_000]));
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn parse(text: &str) -> Result<Policy, Vec<Finding>> {
        let mut reader = Reader { lines: Lines::of(text), faults: Vec::new() };
        if let Err(error) = blanked(text).parse::<Json>() {
            return Err(error.diagnostics().iter().map(Finding::from).collect());
        }
        let Some(root) = Node::read(text) else {
            return Err(vec![reader.fault(0..0, "this is no JSON", "write an object")]);
        };
        let policy = reader.policy(&root);
        if reader.faults.is_empty() { Ok(policy) } else { Err(reader.faults) }
    }

    /// How much a finding of a rule matters; `None` if the rule is off.
    pub(crate) fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.rules.get(rule.name).copied().unwrap_or(Some(rule.severity))
    }

    pub(crate) fn until(&self, now: Time) -> Time {
        let since = now.since(Time::from(SystemTime::UNIX_EPOCH)).unwrap_or_default();
        let ahead = Duration::from_secs(u64::from(self.upcoming_days) * 86_400);
        Time::from(SystemTime::UNIX_EPOCH + since + ahead)
    }

    pub(crate) fn ladder_words(&self) -> String {
        let steps: Vec<String> =
            self.ladder.iter().map(|step| (f64::from(*step) / 1000.0).to_string()).collect();
        steps.join(", ")
    }
}

/// Comments as blanks, so that places stay.
fn blanked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for token in tokens(text).into_iter().filter(|token| token.kind.is_comment()) {
        for byte in bytes.get_mut(token.span).into_iter().flatten() {
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    let text = String::from_utf8(bytes).unwrap_or_default();
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

struct Reader<'t> {
    lines: Lines<'t>,
    faults: Vec<Finding>,
}

impl Reader<'_> {
    fn fault(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Finding {
        let (line, column) = self.lines.line_and_column(span.start);
        let fault = Finding {
            rule: "policy",
            severity: Severity::Error,
            flag: None,
            place: Some(Place { list: None, path: "".into(), span, line, column }),
            message: message.into().into(),
            label: None,
            help: Some(help.into().into()),
        };
        self.faults.push(fault.clone());
        fault
    }

    fn policy(&mut self, root: &Node<'_>) -> Policy {
        let mut policy = Policy::default();
        if root.spelt().is_some() || !root.items().is_empty() {
            self.fault(
                root.head(),
                "a policy is an object",
                r#"write { "version": 1, "ladder": [1, 5, 25, 50, 100] }"#,
            );
            return policy;
        }
        if root.get("version").and_then(Node::spelt) != Some("1") {
            let at = root.get("version").map_or(root.head(), Node::head);
            self.fault(at, "a policy says `\"version\": 1`, and there is no other", r#"write "version": 1"#);
        }
        self.keys(root, &["$schema", "version", "ladder", "blast_radius", "upcoming_days", "rules"]);
        if let Some(ladder) = root.get("ladder") {
            let steps: Vec<u32> = ladder.items().iter().filter_map(|step| self.percent(step)).collect();
            let whole = steps.len() == ladder.items().len();
            if whole && (steps.is_empty() || !steps.is_sorted_by(|one, two| one < two)) {
                self.fault(
                    ladder.head(),
                    "a ladder is a list of percentages that ascend",
                    "write [1, 5, 25, 50, 100]",
                );
            }
            policy.ladder = steps;
        }
        if let Some(radius) = root.get("blast_radius") {
            self.keys(radius, &["everyone", "narrow", "people"]);
            let defaults = policy.blast_radius.clone();
            let percent =
                |reader: &mut Self, key: &str| radius.get(key).and_then(|node| reader.percent(node));
            policy.blast_radius.everyone = percent(self, "everyone").unwrap_or(defaults.everyone);
            policy.blast_radius.narrow = percent(self, "narrow").unwrap_or(defaults.narrow);
            let people = radius.get("people").and_then(|node| self.whole(node));
            policy.blast_radius.people = people.map_or(defaults.people, |people| people as usize);
        }
        if let Some(days) = root.get("upcoming_days") {
            policy.upcoming_days = self.whole(days).unwrap_or(policy.upcoming_days);
        }
        for member in root.get("rules").map(Node::members).unwrap_or_default() {
            let Some(rule) = rules().find(|rule| rule.name == member.key) else {
                let near = rules()
                    .map(|rule| (strsim::damerau_levenshtein(&member.key, rule.name), rule.name))
                    .min();
                let help = match near {
                    Some((distance, near)) if distance <= 3 => format!("did you mean `{near}`?"),
                    _ => "`waterspout rule` lists all rules".to_owned(),
                };
                self.fault(member.key_span.clone(), format!("there is no rule `{}`", member.key), help);
                continue;
            };
            let severity = match member.value.spelt().map(unquoted).as_deref() {
                Some("error") => Some(Severity::Error),
                Some("warning") => Some(Severity::Warning),
                Some("info") => Some(Severity::Info),
                Some("off") => None,
                _ => {
                    let message = format!("`{}` is none of the severities", member.key);
                    self.fault(
                        member.value.head(),
                        message,
                        "write \"error\", \"warning\", \"info\" or \"off\"",
                    );
                    continue;
                }
            };
            policy.rules.insert(rule.name, severity);
        }
        policy
    }

    fn keys(&mut self, node: &Node<'_>, known: &[&str]) {
        for member in node.members() {
            if !known.contains(&&*member.key) {
                let near =
                    known.iter().map(|known| (strsim::damerau_levenshtein(&member.key, known), known)).min();
                let help = match near {
                    Some((distance, near)) if distance <= 3 => format!("did you mean `{near}`?"),
                    _ => format!("it may have {}", known.join(", ")),
                };
                self.fault(
                    member.key_span.clone(),
                    format!("a policy has no key `{}` here", member.key),
                    help,
                );
            }
        }
    }

    /// A percentage, in thousandths.
    fn percent(&mut self, node: &Node<'_>) -> Option<u32> {
        let number: Option<f64> = node.spelt().and_then(|spelt| spelt.parse().ok());
        let thousandths =
            number.filter(|number| (0.0..=100.0).contains(number)).map(|number| (number * 1000.0).round());
        if thousandths.is_none() {
            self.fault(node.head(), "this is no percentage", "write a number from 0 to 100");
        }
        thousandths.map(|thousandths| thousandths as u32)
    }

    fn whole(&mut self, node: &Node<'_>) -> Option<u32> {
        let number: Option<u32> = node.spelt().and_then(|spelt| spelt.parse().ok());
        if number.is_none() {
            self.fault(node.head(), "this is no whole number", "write a number such as 20");
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_and_what_is_left_out_holds_as_ever() {
        let text = "{ // ours\n \"version\": 1, \"blast_radius\": { \"everyone\": 12.5 }, \"rules\": { \"salt-changed\": \"warning\", \"no-owner\": \"off\" } }";
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.blast_radius, BlastRadius { everyone: 12_500, narrow: 100_000, people: 20 });
        assert_eq!(policy.ladder, Policy::default().ladder);
        assert_eq!(policy.rules.get("salt-changed"), Some(&Some(Severity::Warning)));
        assert_eq!(policy.rules.get("no-owner"), Some(&None));
    }

    #[test]
    fn everything_wrong_with_a_policy_is_told_with_its_place() {
        let text = "{\n \"version\": 2,\n \"lader\": [1],\n \"ladder\": [5, 1],\n \"blast_radius\": { \"everyone\": \"all\" },\n \"rules\": { \"salt-chagned\": \"off\", \"no-owner\": \"loud\" } }";
        let faults = Policy::parse(text).unwrap_err();
        let told: Vec<(usize, &str)> =
            faults.iter().map(|fault| (fault.place.as_ref().unwrap().line, &*fault.message)).collect();
        assert_eq!(told.len(), 6, "{told:#?}");
        assert!(told.iter().any(|(line, message)| *line == 3 && message.contains("`lader`")), "{told:#?}");
        assert!(faults.iter().any(|fault| fault.help.as_deref() == Some("did you mean `salt-changed`?")));
        assert!(Policy::parse("{").is_err() && Policy::parse("[]").is_err() && Policy::parse("").is_err());
    }
}
