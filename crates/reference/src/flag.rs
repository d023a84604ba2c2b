//! A flag's answer: `enabled`, `requires`, `deny`, `rules`, `default`, in this order.

use waterspout::flag_set::{FlagDefinition, Outcome, Percentage, Rule, VariantIndex};

use crate::attribute::Known;
use crate::{Answer, Asked, Truth, bucket};

/// What was decided for a flag, and by what.
struct Decision<'f> {
    variant: VariantIndex,
    reason: &'static str,
    rule: Option<(usize, &'f Rule)>,
}

/// The answer of one flag.
pub(crate) fn answer(asked: &Asked<'_>, flag: &FlagDefinition) -> Answer {
    let decision = decide(asked, flag);
    asked.seen.note("flag", "reason", decision.reason);
    let variant = flag.variant(decision.variant);
    Answer {
        variant: Some(variant.name().to_owned()),
        value: variant.value().to_string(),
        reason: decision.reason.to_owned(),
        rule: decision.rule.map(|(index, _)| index),
        name: decision.rule.and_then(|(_, rule)| rule.name()).map(str::to_owned),
        error: None,
    }
}

fn decide<'f>(asked: &Asked<'_>, flag: &'f FlagDefinition) -> Decision<'f> {
    let off = |reason| Decision { variant: flag.off(), reason, rule: None };

    if !flag.is_enabled() {
        return off("DISABLED");
    }

    for requirement in flag.requires() {
        let required = decide(asked, &asked.set.flags()[requirement.flag().get()]);
        let satisfied = requirement.variants().contains(&required.variant);
        asked.seen.note("flag", "requirement", if satisfied { "satisfied" } else { "not satisfied" });
        if !satisfied {
            return off("PREREQUISITE_FAILED");
        }
    }

    for condition in flag.deny() {
        let truth = asked.condition(condition);
        asked.seen.note("flag", "deny", truth.as_str());
        match truth {
            Truth::True | Truth::Unknown => return off("DENIED"),
            Truth::False => {}
        }
    }

    for (index, rule) in flag.rules().iter().enumerate() {
        if let Some(variant) = apply(asked, flag, rule) {
            let draws = rule.rollout().is_some() || matches!(rule.outcome(), Outcome::Split(_));
            let reason = if draws { "SPLIT" } else { "TARGETING_MATCH" };
            return Decision { variant, reason, rule: Some((index, rule)) };
        }
    }

    let plain = flag.rules().is_empty() && flag.deny().is_empty() && flag.requires().is_empty();
    Decision { variant: flag.default(), reason: if plain { "STATIC" } else { "DEFAULT" }, rule: None }
}

/// The variant that a rule gives, if it applies.
fn apply(asked: &Asked<'_>, flag: &FlagDefinition, rule: &Rule) -> Option<VariantIndex> {
    let truth = match rule.when() {
        Some(condition) => asked.condition(condition),
        None => Truth::True,
    };
    asked.seen.note("rule", "when", truth.as_str());
    if truth != Truth::True {
        return None;
    }

    if let Some(percentage) = rule.rollout() {
        let unit = unit(asked, flag);
        let inside = unit.as_ref().map(|unit| {
            let position = bucket::position(unit, "rollout", flag.salt());
            bucket::is_within(position, percentage.thousandths())
        });
        let outcome = match inside {
            Some(true) => "inside",
            Some(false) => "outside",
            None => "no unit",
        };
        asked.seen.note("rule", "rollout", outcome);
        if inside != Some(true) {
            return None;
        }
    }

    match rule.outcome() {
        Outcome::Serve(variant) => Some(*variant),
        Outcome::Split(parts) => {
            let unit = unit(asked, flag);
            asked.seen.note("rule", "split", if unit.is_some() { "drawn" } else { "no unit" });
            Some(part(parts, bucket::position(&unit?, "split", flag.salt())))
        }
        outcome => panic!("an outcome that the oracle does not know: {outcome:?}"),
    }
}

/// The first part whose running total exceeds the position.
fn part(parts: &[(VariantIndex, Percentage)], position: u64) -> VariantIndex {
    let mut total = 0;
    for (variant, weight) in parts {
        total += weight.thousandths();
        if bucket::is_within(position, total) {
            return *variant;
        }
    }
    panic!("weights total 100, and 100 % hold every position")
}

/// The bucketing value of a flag, as text; none if it is missing or empty.
fn unit(asked: &Asked<'_>, flag: &FlagDefinition) -> Option<String> {
    let (by, text) = match flag.bucket_by() {
        None => ("unit by key", Some(asked.key().to_owned())),
        Some(attribute) => match asked.value(attribute) {
            Some(Known::Text(text)) => ("unit by string", Some(text)),
            Some(Known::Number(number)) => ("unit by number", bucket::text_of_number(number)),
            Some(other) => panic!("nobody is bucketed by {other:?}"),
            None => ("unit by an attribute that is missing", None),
        },
    };
    let unit = text.filter(|text| !text.is_empty());
    asked.seen.note("rule", by, if unit.is_some() { "found" } else { "not found" });
    unit
}
