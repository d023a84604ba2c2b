//! What the answer difference promises, edit by edit; and edits from the history of other flag systems, which moved
//! people without a word.

use std::fmt::Write as _;
use std::time::Instant;

use waterspout::flag_set::FlagSet;
use waterspout::{Context, Facts, FlagKey, Snapshot, Time};
use waterspout_review::diff::{Cell, Change, Difference, FlagDifference, Kind, Options, Share};

fn difference(before: &str, after: &str) -> Difference {
    at(before, after, "2026-12-01")
}

fn at(before: &str, after: &str, now: &str) -> Difference {
    let read = |text: &str| FlagSet::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Difference::of(&read(before), &read(after), Options::at(Time::parse(now).unwrap()))
}

/// Two files with one flag `f`; `before` and `after` are its body.
fn of_flag(before: &str, after: &str) -> FlagDifference {
    let file = |body: &str| {
        format!(
            r#"{{"version": 1, "attributes": {{
                "country": {{"type": "string"}}, "plan": {{"type": "string", "one_of": ["free", "pro", "team"]}},
                "age": {{"type": "number"}}, "app": {{"type": "version"}}, "ip": {{"type": "ip"}},
                "groups": {{"type": "strings"}}, "account": {{"type": "string"}}, "signed_up": {{"type": "time"}},
                "environment": {{"type": "string", "one_of": ["production", "staging"], "fact": true}} }},
              "flags": {{"f": {body}}}}}"#
        )
    };
    let difference = difference(&file(before), &file(after));
    assert!(difference.is_exact(), "{difference:#?}");
    difference.flags.into_iter().next().expect("the flag is told of")
}

/// The cells of a flag as one line each: words, gained, lost, switched.
fn cells(flag: &FlagDifference) -> Vec<String> {
    let line = |cell: &Cell| format!("{}: +{} -{} ~{}", cell.words(), cell.gained, cell.lost, cell.switched);
    flag.cells.iter().map(line).collect()
}

/// The variant that a key gets of the flag `f`.
fn variant(file: &str, key: &str) -> String {
    let set = FlagSet::parse(file).unwrap();
    let snapshot = Snapshot::compile(&set, &Facts::new(), Time::parse("2026-12-01").unwrap());
    snapshot.answer_key(FlagKey::parse("f").unwrap(), &Context::new(key, &[])).variant.unwrap().to_owned()
}

#[test]
fn growing_a_rollout_gains_exactly_the_difference() {
    let flag = of_flag(r#"{"rules": [{"rollout": 10}]}"#, r#"{"rules": [{"rollout": 25}]}"#);
    assert_eq!(cells(&flag), ["any targeting key: +15 % -0 % ~0 %", "no targeting key: +0 % -0 % ~0 %"]);
    assert!(flag.monotone && flag.change == Change::Changed);
    assert_eq!((flag.cells[0].gained, flag.witnesses.len()), (Share::of(15, 100), 1));
}

#[test]
fn shrinking_a_rollout_loses_and_names_the_edit() {
    let everyone = |rollout: u32| format!(r#"{{"rules": [{{"name": "everyone", "rollout": {rollout}}}]}}"#);
    let flag = of_flag(&everyone(25), &everyone(10));
    assert_eq!(cells(&flag)[0], "any targeting key: +0 % -15 % ~0 %");
    assert!(!flag.monotone);
    assert_eq!(flag.broken_by, ["rule 0 `everyone`: rollout 25 % → 10 %"]);
}

#[test]
fn percentages_of_one_flag_nest() {
    let flag = |rest: u32| {
        format!(
            r#"{{"rules": [{{"when": {{"country": {{"is": "DE"}}}}, "rollout": 25}}, {{"rollout": {rest}}}]}}"#
        )
    };
    let grown = of_flag(&flag(5), &flag(40));
    let told = cells(&grown);
    assert!(
        told.contains(&"any targeting key, country not `DE` or missing: +35 % -0 % ~0 %".to_owned()),
        "{told:#?}"
    );
    assert!(told.contains(&"any targeting key, country `DE`: +15 % -0 % ~0 %".to_owned()), "{told:#?}");
}

#[test]
fn a_changed_weight_switches_and_a_sorted_split_too() {
    let flag = |split: &str| {
        format!(
            r#"{{"variants": {{"off": 0, "a": 1, "b": 2}}, "rules": [{{"rollout": 50, "split": {split}}}], "default": "off"}}"#
        )
    };
    let half = flag(r#"[{"a": 50}, {"b": 50}]"#);
    let changed = of_flag(&half, &flag(r#"[{"a": 60}, {"b": 40}]"#));
    assert_eq!(changed.cells[0].switched, Share::of(5, 100));
    assert!(!changed.monotone && !changed.independent.is_empty());
    let sorted = of_flag(&half, &flag(r#"[{"b": 50}, {"a": 50}]"#));
    assert_eq!(sorted.cells[0].switched, Share::of(50, 100));
}

#[test]
fn another_salt_draws_everyone_anew() {
    let flag = of_flag(r#"{"rules": [{"rollout": 50}]}"#, r#"{"salt": "again", "rules": [{"rollout": 50}]}"#);
    assert_eq!(cells(&flag)[0], "any targeting key: +25 % -25 % ~0 %");
    assert_eq!(flag.broken_by, ["salt: `f` → `again`"]);
    assert_eq!(flag.independent.len(), 2);
    let all =
        of_flag(r#"{"rules": [{"rollout": 100}]}"#, r#"{"salt": "again", "rules": [{"rollout": 100}]}"#);
    assert_eq!(all.change, Change::SameAnswers, "of 100 % nobody moves");
}

#[test]
fn another_unit_draws_everyone_anew() {
    let by_account = r#"{"bucket_by": "account", "rules": [{"rollout": 50}]}"#;
    let flag = of_flag(r#"{"rules": [{"rollout": 50}]}"#, by_account);
    let told = cells(&flag);
    for (words, shares) in [("any targeting key", "+25 % -25 %"), ("no targeting key", "+50 % -0 %")] {
        assert!(told.iter().any(|cell| cell.contains(words) && cell.contains(shares)), "{told:#?}");
    }
    assert!(told.iter().any(|cell| cell.contains("+0 % -50 %")), "those without an account: {told:#?}");
}

#[test]
fn people_who_leave_a_list_are_told_by_name() {
    let file = |keys: &str| {
        format!(
            r#"{{"version": 1, "segments": {{"friends": {{"keys": {keys}}}}},
              "flags": {{"f": {{"rules": [{{"when": {{"segment": "friends"}}}}, {{"rollout": 50}}]}}, "g": {{}}}}}}"#
        )
    };
    let after = file(r#"["ada", "linus"]"#);
    let difference = difference(&file(r#"["ada", "bob", "grace", "user-1"]"#), &after);
    let [flag] = difference.flags.as_slice() else { panic!("{difference:#?}") };
    // They fall back to the rollout; who is inside of it anyway loses nothing.
    let lost = flag.people(Kind::Lost);
    for name in ["bob", "grace", "user-1"] {
        assert_eq!(lost.contains(name), variant(&after, name) == "off", "{name} {lost:?}");
    }
    assert!(!lost.is_empty() && !flag.monotone);
    assert!(flag.edits[0].words.starts_with("segment `friends`: +`linus` -`bob`"), "{:?}", flag.edits);
    assert!(flag.witnesses.iter().any(|witness| witness.kind == Some(Kind::Lost)));
}

#[test]
fn a_flag_untouched_in_text_is_told_of_where_what_it_rests_on_changes() {
    let file = |platform: &str, domain: &str| {
        format!(
            r#"{{"version": 1, "attributes": {{"email": {{"type": "string"}}}},
              "segments": {{"staff": {{"when": {{"email": {{"ends_with": "{domain}"}}}}}}}},
              "flags": {{"platform": {{"default": "{platform}"}},
                "page": {{"requires": {{"platform": ["on"]}}, "default": "on"}},
                "tools": {{"rules": [{{"when": {{"segment": "staff"}}}}]}}, "other": {{"default": "on"}}}}}}"#
        )
    };
    let told =
        |difference: &Difference| difference.flags.iter().map(|flag| flag.key.clone()).collect::<Vec<_>>();
    let required = difference(&file("on", "@a.org"), &file("off", "@a.org"));
    assert_eq!(told(&required), ["platform", "page"]);
    assert_eq!(cells(&required.flags[1]), ["everyone: +0 % -100 % ~0 %"]);
    let segment = difference(&file("on", "@a.org"), &file("on", "@b.org"));
    assert_eq!(told(&segment), ["tools"]);
    assert_eq!(
        cells(&segment.flags[0]),
        [
            "email ending with `@a.org`: +0 % -100 % ~0 %",
            "email ending with `@b.org`: +100 % -0 % ~0 %",
            "no email: +0 % -0 % ~0 %"
        ]
    );
}

#[test]
fn a_denial_acts_on_what_is_unknown_and_the_difference_says_so() {
    let deny = |tests: &str| format!(r#"{{"deny": [{{"age": {tests}}}], "default": "on"}}"#);
    let flag = of_flag(r#"{"default": "on"}"#, &deny(r#"{"below": 18}"#));
    assert_eq!(cells(&flag), ["age below 18 or missing: +0 % -100 % ~0 %"]);
    let spared = of_flag(r#"{"default": "on"}"#, &deny(r#"{"present": true, "below": 18}"#));
    assert_eq!(cells(&spared), ["age below 18: +0 % -100 % ~0 %", "no age: +0 % -0 % ~0 %"]);
}

#[test]
fn regions_of_every_type_are_told_in_the_words_of_the_file() {
    for (when, words) in [
        (r#"{"country": {"in": ["DE", "FR"]}}"#, "country `DE` or `FR`"),
        (r#"{"country": {"not_in": ["US"]}}"#, "country not `US`"),
        (r#"{"plan": {"is_not": "free"}}"#, "plan `pro` or `team`"),
        (r#"{"age": {"at_least": 18, "below": 65}}"#, "age from 18 below 65"),
        (r#"{"age": {"is_not": 18}}"#, "age below 18 or above 18"),
        (r#"{"app": {"at_least": "2.0", "below": "3.0.0-0"}}"#, "app from 2.0 below 3.0.0-0"),
        (r#"{"signed_up": {"since": "2026-01-01"}}"#, "signed_up at least 2026-01-01"),
        (r#"{"ip": {"within": ["10.0.0.0/8"]}}"#, "ip in 10.0.0.0/8"),
        (r#"{"groups": {"has_all": ["a", "b"]}}"#, "groups with `a` and `b`"),
        (r#"{"country": {"starts_with": "D", "not_in": ["DE"]}}"#, "country starting with `D`"),
        (r#"{"key": {"is": "ada"}}"#, "targeting key `ada`"),
        (r#"{"environment": {"is": "staging"}}"#, "environment (fact) `staging`"),
    ] {
        let flag = of_flag(r#"{"rules": []}"#, &format!(r#"{{"rules": [{{"when": {when}}}]}}"#));
        assert_eq!(flag.cells[0].words(), words);
        assert_eq!((flag.cells[0].gained, flag.witnesses.len()), (Share::ONE, 1), "{when}");
    }
}

#[test]
fn what_will_change_later_is_told_with_its_instant() {
    let file = |until: &str| {
        format!(
            r#"{{"version": 1, "flags": {{"sale": {{"rules": [
              {{"when": {{"now": {{"since": "2026-12-10", "before": "{until}"}}}}}}]}}}}}}"#
        )
    };
    let difference = at(&file("2026-12-24"), &file("2026-12-27"), "2026-12-01");
    let flag = &difference.flags[0];
    assert_eq!(
        cells(flag),
        [
            "from 2026-12-24T00:00:00Z on: everyone: +100 % -0 % ~0 %",
            "from 2026-12-27T00:00:00Z on: everyone: +0 % -0 % ~0 %"
        ]
    );
    assert_eq!(flag.witnesses[0].at, Time::parse("2026-12-24"));
    let over = at(&file("2026-12-24"), &file("2026-12-27"), "2027-01-01");
    assert_eq!(over.flags[0].change, Change::SameAnswers, "what is past changes nothing");
}

#[test]
fn a_renamed_flag_that_keeps_its_salt_keeps_everyone() {
    let file = |flag: &str| format!(r#"{{"version": 1, "flags": {{{flag}}}}}"#);
    let old = file(r#""old": {"rules": [{"rollout": 25}]}"#);
    let kept = difference(&old, &file(r#""new": {"salt": "old", "rules": [{"rollout": 25}]}"#));
    let [new, gone] = kept.flags.as_slice() else { panic!("{kept:#?}") };
    assert_eq!((new.change, gone.change), (Change::Added, Change::Removed));
    let renamed = new.renamed.as_ref().unwrap();
    assert_eq!((renamed.key.as_str(), renamed.keeps_answers, renamed.keeps_salt), ("old", true, true));
    let moved = difference(&old, &file(r#""new": {"rules": [{"rollout": 25}]}"#));
    let renamed = moved.flags[0].renamed.as_ref().unwrap();
    assert_eq!((renamed.keeps_answers, renamed.keeps_salt), (false, false));
}

#[test]
fn a_flag_that_comes_or_goes_has_no_answer_on_one_side() {
    let without = r#"{"version": 1, "flags": {}}"#;
    let with = r#"{"version": 1, "flags": {"f": {"rules": [{"rollout": 5}]}}}"#;
    let added = difference(without, with);
    assert_eq!((added.flags[0].change, added.flags[0].monotone), (Change::Added, true));
    assert!(added.flags[0].witnesses.iter().all(|it| it.before.is_none() && it.after.is_some()));
    let removed = difference(with, without);
    assert_eq!((removed.flags[0].change, removed.flags[0].monotone), (Change::Removed, false));
    assert!(removed.flags[0].witnesses.iter().all(|it| it.before.is_some() && it.after.is_none()));
    let off = difference(without, r#"{"version": 1, "flags": {"f": {}}}"#);
    assert!(off.answers_change() && off.flags[0].witnesses.len() == 1 && off.flags[0].cells.is_empty());
}

#[test]
fn comments_order_and_descriptions_are_certified_to_change_nothing() {
    let before = r#"{"version": 1, "attributes": {"c": {"type": "string"}, "d": {"type": "string"}},
      "flags": {"f": {"rules": [{"when": {"c": {"is": "x"}, "d": {"is": "y"}}, "rollout": 5}]}, "g": {}}}"#;
    let moved = r#"{"version": 1, "attributes": {"d": {"type": "string"}, "c": {"type": "string"}},
      // a remark
      "flags": {"g": {}, "f": {"rules": [{"rollout": 5, "when": {"d": {"is": "y"}, "c": {"is": "x"}}}]}}}"#;
    let certificate = difference(before, moved);
    assert!(!certificate.answers_change() && certificate.is_exact());
    let described = difference(before, &before.replace(r#""rollout": 5"#, r#""name": "few", "rollout": 5"#));
    assert_eq!(described.flags.len(), 1);
    assert!(!described.answers_change() && described.is_exact());
}

#[test]
fn values_are_compared_as_they_are_answered() {
    let flag = |off: u32, big: u32| {
        format!(
            r#"{{"variants": {{"off": {off}, "big": {big}}}, "rules": [{{"rollout": 30, "serve": "big"}}], "default": "off"}}"#
        )
    };
    assert_eq!(of_flag(&flag(1, 10), &flag(1, 20)).cells[0].switched, Share::of(30, 100));
    let off = of_flag(&flag(1, 10), &flag(2, 10));
    let told = cells(&off);
    assert!(told.contains(&"any targeting key: +0 % -0 % ~70 %".to_owned()), "{told:#?}");
    assert!(told.contains(&"no targeting key: +0 % -0 % ~100 %".to_owned()), "{told:#?}");
    assert!(!off.monotone);
}

// Edits from elsewhere.

/// The OpenTelemetry demo: a one-word edit made a fault-injection flag answer `off` on both ways; merged, and found by an
/// outsider (open-telemetry/opentelemetry-demo#3816, from #3425).
#[test]
fn a_flag_that_one_word_made_constant_is_caught() {
    let flag = |served: &str| {
        format!(
            r#"{{"variants": {{"on": true, "off": false}}, "rules": [
              {{"name": "sold-out product", "when": {{"account": {{"is": "OLJCESPC7Z"}}}}, "serve": "{served}"}}], "default": "off"}}"#
        )
    };
    let flag = of_flag(&flag("on"), &flag("off"));
    assert_eq!(cells(&flag)[0], "account `OLJCESPC7Z`: +0 % -100 % ~0 %");
    assert_eq!(flag.broken_by, ["rule 0 `sold-out product`: serves `on` → `off`"]);
}

/// Featurevisor: the first rule that matches decides, so a reordering moves people, and its builder knows when it
/// allocates anew but tells nobody.
#[test]
fn reordered_rules_are_caught_where_they_move_people_and_only_there() {
    let flag = |first: &str, second: &str| {
        format!(
            r#"{{"variants": {{"off": 0, "a": 1, "b": 2}}, "rules": [{first}, {second}], "default": "off"}}"#
        )
    };
    let nl = r#"{"name": "nl", "when": {"country": {"is": "NL"}}, "serve": "a"}"#;
    let pro = r#"{"name": "pro", "when": {"plan": {"is": "pro"}}, "serve": "b"}"#;
    let moved = of_flag(&flag(nl, pro), &flag(pro, nl));
    assert!(cells(&moved)[0].ends_with("+0 % -0 % ~100 %"), "{:?}", cells(&moved));
    assert!(moved.cells[0].words().contains("`NL`") && moved.cells[0].words().contains("`pro`"));
    assert_eq!(moved.broken_by, ["the order of the rules: rule 0 `pro` moved up"]);
    let same = pro.replace("\"b\"", "\"a\"");
    let harmless = of_flag(&flag(nl, &same), &flag(&same, nl));
    assert_eq!(harmless.change, Change::SameAnswers, "both serve the same");
}

/// GO Feature Flag hashes modulo the sum of the percentages, and lays the variants out in reverse order of their names:
/// there, another sum or another name moves everyone. Here a renamed variant moves those who have it, and nobody else.
#[test]
fn another_name_of_a_variant_switches_those_who_have_it_and_nobody_else() {
    let flag = |second: &str| {
        format!(
            r#"{{"variants": {{"off": "-", "a": "A", "{second}": "B", "c": "C"}},
              "rules": [{{"split": [{{"a": 20}}, {{"{second}": 30}}, {{"c": 50}}]}}], "default": "off"}}"#
        )
    };
    assert_eq!(of_flag(&flag("b"), &flag("z")).cells[0].switched, Share::of(30, 100));
}

/// flagd leaves the arithmetic of a roll-back to the author; reversed naively, the first adopters are the first to go.
/// Here the last in are the first out, and the difference says how many.
#[test]
fn rolling_back_takes_the_last_ones_in_first() {
    let step = |rollout: u32| format!(r#"{{"rules": [{{"rollout": {rollout}}}]}}"#);
    let down = of_flag(&step(30), &step(20));
    assert_eq!(down.cells[0].lost, Share::of(10, 100));
    let who = down.witnesses[0].context["targetingKey"].as_str().unwrap();
    let early = format!(r#"{{"version": 1, "flags": {{"f": {}}}}}"#, step(20));
    assert_eq!(variant(&early, who), "off", "{who} was not among the first");
}

// Cost.

/// Sixteen rules, each on an attribute of its own, with a rollout and a variant of its own.
fn wide(rollout: impl Fn(usize) -> usize) -> String {
    let list = |one: &dyn Fn(usize) -> String| (0..16).map(one).collect::<Vec<_>>().join(", ");
    let attributes = list(&|number| format!(r#""a{number}": {{"type": "string"}}"#));
    let variants = list(&|number| format!(r#""v{number}": {number}"#));
    let rules = list(&|number| {
        format!(
            r#"{{"when": {{"a{number}": {{"is": "x"}}}}, "rollout": {}, "serve": "v{number}"}}"#,
            rollout(number)
        )
    });
    format!(
        r#"{{"version": 1, "attributes": {{{attributes}}}, "flags": {{"wide": {{
          "variants": {{"off": -1, {variants}}}, "rules": [{rules}], "default": "off"}}}}}}"#
    )
}

#[test]
fn a_flag_with_sixteen_attributes_stays_exact() {
    for edited in [0, 7, 15] {
        let before = wide(|number| 5 * number + 5);
        let after = wide(|number| 5 * number + if number == edited { 15 } else { 5 });
        let started = Instant::now();
        let difference = difference(&before, &after);
        let flag = &difference.flags[0];
        let took = started.elapsed();
        println!("rule {edited}: {took:?}, {} cells, {} looked at", flag.cells.len(), flag.visited);
        assert!(flag.exact && flag.answers_change() && !flag.witnesses.is_empty());
    }
}

#[test]
fn beyond_the_limit_the_difference_says_so() {
    let read = |text: &str| FlagSet::parse(text).unwrap();
    let (before, after) = (read(&wide(|number| 5 * number + 5)), read(&wide(|number| 80 - 5 * number)));
    let options = Options { cells: 50, ..Options::at(Time::parse("2026-12-01").unwrap()) };
    let difference = Difference::of(&before, &after, options);
    assert!(!difference.is_exact() && difference.answers_change());
    assert!(difference.verdict().ends_with("(not exact)"), "{}", difference.verdict());
    let flag = &difference.flags[0];
    assert!(flag.cells[0].words().starts_with("an estimate from 2000 combinations"), "{:?}", cells(flag));
    assert!(!flag.witnesses.is_empty(), "a witness is confirmed, whatever the shares");
    let again = Difference::of(&before, &after, options);
    assert_eq!(cells(flag), cells(&again.flags[0]), "the seed is fixed");
}

/// Nested as deep as a file may be, empty, with every type and spelling: nothing keeps the comparison from ending.
#[test]
fn every_good_file_can_be_compared_with_none_and_with_the_next() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/good");
    let mut sets = vec![FlagSet::parse(r#"{"version": 1, "flags": {}}"#).unwrap()];
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|it| it == "json")) {
        let text = std::fs::read(file).unwrap();
        let list = |list: &str| std::fs::read(folder.join(list)).map_err(|error| error.to_string());
        sets.push(FlagSet::read(&text, list).unwrap_or_else(|error| panic!("{file:?}: {error}")));
    }
    assert!(sets.len() > 30);
    let options = Options::at(Time::parse("2026-12-01").unwrap());
    for pair in sets.windows(2) {
        for (one, two) in [(&pair[0], &pair[1]), (&sets[0], &pair[1]), (&pair[1], &sets[0])] {
            let mut json = Vec::new();
            Difference::of(one, two, options).write_json(&mut json).unwrap();
            assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
        }
    }
}

#[test]
fn twenty_edits_among_a_thousand_flags_feel_instant() {
    let file = |step: u32| {
        let flag = |number: u32| {
            let rollout = if number % 50 == 0 { 10 + step } else { 10 };
            format!(
                r#""flag-{number}": {{"deny": [{{"app": {{"present": true, "below": "2.{number}"}}}}], "rules": [
                  {{"when": {{"segment": "staff"}}}}, {{"when": {{"country": {{"in": ["DE", "FR"]}}}}, "rollout": 50}},
                  {{"when": {{"environment": {{"is": "production"}}}}, "rollout": {rollout}}}]}}"#
            )
        };
        let flags: Vec<String> = (0..1000).map(flag).collect();
        let mut text = String::from(
            r#"{"version": 1, "attributes": {"country": {"type": "string"}, "app": {"type": "version"},
              "environment": {"type": "string", "one_of": ["production", "staging"], "fact": true}},
              "segments": {"staff": {"keys": ["ada", "grace"]}}, "#,
        );
        let _ = write!(text, r#""flags": {{{}}}}}"#, flags.join(", "));
        FlagSet::parse(&text).unwrap()
    };
    let (before, after) = (file(0), file(15));
    let started = Instant::now();
    let difference = Difference::of(&before, &after, Options::at(Time::parse("2026-12-01").unwrap()));
    let took = started.elapsed();
    println!("1,000 flags, 20 edited: {took:?}");
    assert_eq!(difference.flags.len(), 20);
    assert!(difference.is_exact());
    assert!(difference.flags.iter().all(|flag| flag.monotone && !flag.witnesses.is_empty()));
    assert!(took.as_secs() < 5, "{took:?}");
}

#[test]
fn a_list_of_many_is_compared_by_what_changed() {
    const FLAGS: &str = r#"{"version": 1, "segments": {"pilots": {"keys_from": "pilots.txt"}}, "flags": {
      "f": {"rules": [{"when": {"segment": "pilots"}}]}, "g": {"deny": [{"segment": "pilots"}], "rules": [{"rollout": 50}]}}}"#;
    let list = |without: usize| {
        let keys = (0..200_000).filter(|number| *number != without);
        keys.map(|number| format!("key-{number}\n")).collect::<String>().into_bytes()
    };
    let read = |list: Vec<u8>| FlagSet::read(FLAGS.as_bytes(), |_| Ok::<_, String>(list.clone())).unwrap();
    let (before, after) = (read(list(usize::MAX)), read(list(4711)));
    let started = Instant::now();
    let difference = Difference::of(&before, &after, Options::at(Time::parse("2026-12-01").unwrap()));
    println!("two lists of 200,000: {:?}", started.elapsed());
    assert!(difference.is_exact());
    assert_eq!(cells(&difference.flags[0])[0], "targeting key `key-4711`: +0 % -100 % ~0 %");
    assert_eq!(difference.flags[0].edits[0].words, "segment `pilots`: -`key-4711`");
}
