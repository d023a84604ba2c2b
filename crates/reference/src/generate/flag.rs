//! Flags: all kinds of variants, requirements without a circle, denials, rules of every shape.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;

use super::condition::{self, Draft, Names, choose};
use super::file::{File, Flag, Outcome, Rule};
use super::pool;

/// A flag before it is known what it can refer to: choices are numbers, taken modulo however many there are.
#[derive(Clone, Debug)]
pub(super) struct FlagDraft {
    enabled: Option<bool>,
    variants: Option<VariantsDraft>,
    off: Option<usize>,
    requires: Vec<(usize, Vec<usize>)>,
    deny: Vec<Draft>,
    rules: Vec<RuleDraft>,
    default: Option<usize>,
    bucket_by: Option<usize>,
    salt: Option<usize>,
}

#[derive(Clone, Debug)]
struct VariantsDraft {
    kind: usize,
    first_name: usize,
    count: usize,
    with_null: bool,
}

#[derive(Clone, Debug)]
struct RuleDraft {
    name: Option<usize>,
    when: Option<Draft>,
    rollout: Option<u32>,
    outcome: OutcomeDraft,
}

#[derive(Clone, Debug)]
enum OutcomeDraft {
    LeftOut,
    Serve(usize),
    /// Where the line is cut, and the variant of each part.
    Split {
        cuts: Vec<u32>,
        variants: Vec<usize>,
    },
}

const VARIANT_NAMES: [&str; 5] = ["on", "off", "blue", "red", "none"];

/// Values of each kind. The first settles the kind.
const VALUES: [[&str; 4]; 5] = [
    ["true", "false", "true", "false"],
    ["3", "-7", "9223372036854775807", "0"],
    ["1.50", "3", "1e3", "-0.0"],
    ["\"#0b5fff\"", "\"\"", "\"a\\\"b\"", "\"žluť\""],
    ["{\"max\":10,\"kinds\":[\"png\"]}", "[]", "{\"b\":1,\"a\":[1.50,null]}", "{}"],
];

const RULE_NAMES: [&str; 3] = ["staff", "early adopters", "žluť"];

const SALTS: [&str; 3] = ["f0", "spring", "sůl: \"x\""];

pub(super) fn draft() -> impl Strategy<Value = FlagDraft> {
    let number = || 0..1000_usize;
    let enabled = prop_oneof![12 => Just(None), 1 => Just(Some(true)), 1 => Just(Some(false))];
    let variants =
        (number(), number(), 1_usize..=4, any::<bool>()).prop_map(|(kind, first_name, count, with_null)| {
            VariantsDraft { kind, first_name, count, with_null }
        });
    let requires = prop_oneof![
        3 => Just(Vec::new()),
        1 => vec((number(), vec(number(), 1..=3)), 1..=2),
    ];
    let deny = prop_oneof![2 => Just(Vec::new()), 1 => vec(condition::draft(), 1..=2)];
    let rules = prop_oneof![1 => Just(Vec::new()), 8 => vec(rule(), 1..=4)];
    let answers = (weighted(0.5, variants), weighted(0.3, number()), weighted(0.7, number()));
    let places = (weighted(0.4, number()), weighted(0.3, number()));
    (enabled, answers, requires, deny, rules, places).prop_map(
        |(enabled, (variants, off, default), requires, deny, rules, (bucket_by, salt))| FlagDraft {
            enabled,
            variants,
            off,
            requires,
            deny,
            rules,
            default,
            bucket_by,
            salt,
        },
    )
}

fn rule() -> impl Strategy<Value = RuleDraft> {
    let number = || 0..1000_usize;
    let rollout = prop_oneof![
        1 => Just(0_u32),
        1 => Just(1_u32),
        2 => Just(25_000_u32),
        1 => Just(33_333_u32),
        2 => Just(50_000_u32),
        1 => Just(99_999_u32),
        2 => Just(100_000_u32),
        4 => 0_u32..=100_000,
    ];
    let cut = prop_oneof![Just(0_u32), Just(50_000_u32), Just(100_000_u32), 0_u32..=100_000];
    let split = (vec(cut, 0..=3), vec(number(), 4))
        .prop_map(|(cuts, variants)| OutcomeDraft::Split { cuts, variants });
    let outcome = prop_oneof![
        2 => Just(OutcomeDraft::LeftOut),
        3 => number().prop_map(OutcomeDraft::Serve),
        2 => split,
    ];
    let when = weighted(0.75, condition::draft());
    (weighted(0.3, number()), when, weighted(0.4, rollout), outcome)
        .prop_map(|(name, when, rollout, outcome)| RuleDraft { name, when, rollout, outcome })
}

/// The flag that a draft comes to in a file. It can require those before it, so there is no circle.
pub(super) fn flag(draft: &FlagDraft, file: &File) -> Flag {
    let mut flag = Flag {
        key: pool::FLAG_KEYS[file.flags.len()],
        enabled: draft.enabled,
        variants: draft.variants.as_ref().map(variants),
        off: None,
        requires: requires(draft, &file.flags),
        deny: Vec::new(),
        rules: Vec::new(),
        default: None,
        bucket_by: draft.bucket_by.map(|choice| *choose(&["country", "account", "age", "seat"], choice)),
        salt: draft.salt.map(|choice| *choose(&SALTS, choice)),
    };
    let names = flag.variant_names();
    let variant = |choice: usize| (*choose(&names, choice)).to_owned();
    flag.off = draft.off.map(variant);
    flag.default = match draft.default {
        Some(choice) => Some(variant(choice)),
        // With `variants` it is required.
        None => flag.variants.is_some().then(|| variant(0)),
    };

    let segments = file.segment_names();
    let known = Names { attributes: &file.attributes, segments: &segments };
    flag.deny = draft.deny.iter().map(|condition| condition::text(condition, &known)).collect();
    for rule in &draft.rules {
        let outcome = match &rule.outcome {
            OutcomeDraft::LeftOut if flag.variants.is_some() => Outcome::Serve(variant(0)),
            OutcomeDraft::LeftOut => Outcome::LeftOut,
            OutcomeDraft::Serve(choice) => Outcome::Serve(variant(*choice)),
            OutcomeDraft::Split { cuts, variants } => Outcome::Split(split(cuts, variants, &variant)),
        };
        flag.rules.push(Rule {
            name: rule.name.map(|choice| *choose(&RULE_NAMES, choice)),
            when: rule.when.as_ref().map(|condition| condition::text(condition, &known)),
            rollout: rule.rollout,
            outcome,
        });
    }
    flag
}

fn variants(draft: &VariantsDraft) -> Vec<(&'static str, &'static str)> {
    let names = (0..draft.count).map(|place| *choose(&VARIANT_NAMES, draft.first_name + place));
    let mut variants: Vec<_> = names.zip(choose(&VALUES, draft.kind).iter().copied()).collect();
    // Null may stand beside values, not alone.
    if draft.with_null && variants.len() > 1 {
        variants[draft.count - 1].1 = "null";
    }
    variants
}

fn requires(draft: &FlagDraft, earlier: &[Flag]) -> Vec<(&'static str, Vec<String>)> {
    let mut requires: Vec<(&'static str, Vec<String>)> = Vec::new();
    if earlier.is_empty() {
        return requires;
    }
    for (choice, variants) in &draft.requires {
        let required = choose(earlier, *choice);
        let names = required.variant_names();
        let variants = variants.iter().map(|choice| (*choose(&names, *choice)).to_owned()).collect();
        if requires.iter().all(|(known, _)| *known != required.key) {
            requires.push((required.key, variants));
        }
    }
    requires
}

/// Parts between the cuts: weights that total 100 %, some of them 0.
fn split(cuts: &[u32], variants: &[usize], variant: &dyn Fn(usize) -> String) -> Vec<(String, u32)> {
    let mut ends = cuts.to_vec();
    ends.push(100_000);
    ends.sort_unstable();
    let mut start = 0;
    let mut parts = Vec::new();
    for (end, choice) in ends.into_iter().zip(variants) {
        parts.push((variant(*choice), end - start));
        start = end;
    }
    parts
}
