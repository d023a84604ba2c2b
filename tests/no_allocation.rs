//! Readers neither allocate nor free, whatever they ask and whatever the loader publishes meanwhile.

#![expect(
    unsafe_code,
    reason = "an allocator that counts can only be written so; it hands everything on to the system's"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, thread};

use waterspout::{
    Attribute, Context, Flag, FlagKey, Flags, Json, Loader, OwnedContext, Snapshot, Time, Version,
};

struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has no counter any more.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ON: Flag<bool> = Flag::new("on", false);
const ROLLOUT: Flag<bool> = Flag::new("rollout", false);
const LISTED: Flag<bool> = Flag::new("listed", false);
const TARGETED: Flag<bool> = Flag::new("targeted", false);
const SPLIT: Flag<str> = Flag::new("split", "none");
const LIMIT: Flag<i64> = Flag::new("limit", 0);
const RATIO: Flag<f64> = Flag::new("ratio", 0.0);
const LIMITS: Flag<Json> = Flag::new("limits", &Json::Null);
const RESTS: Flag<bool> = Flag::new("rests", false);
const ABSENT: Flag<bool> = Flag::new("absent", true);
const COUNTRY: Attribute<str> = Attribute::new("country");
const APP_VERSION: Attribute<Version> = Attribute::new("app_version");
const AGE: Attribute<f64> = Attribute::new("age");
const GROUPS: Attribute<[&str]> = Attribute::new("groups");
const IP: Attribute<std::net::IpAddr> = Attribute::new("ip");
const SIGNED_UP: Attribute<Time> = Attribute::new("signed_up");

fn text(limit: u32) -> String {
    let listed: Vec<String> = (0..100).map(|number| format!(r#""user-{number}""#)).collect();
    format!(
        r#"{{
        "version": 1,
        "attributes": {{
            "country": {{ "type": "string", "one_of": ["DE", "FR", "US"] }},
            "app_version": {{ "type": "version" }}, "age": {{ "type": "number" }}, "groups": {{ "type": "strings" }},
            "ip": {{ "type": "ip" }}, "signed_up": {{ "type": "time" }}
        }},
        "segments": {{
            "many": {{ "keys": [{}] }},
            "large": {{ "when": {{ "any": [
                {{ "country": {{ "starts_with": ["X", "Y"] }}, "age": {{ "in": [1, 2, 3] }} }},
                {{ "groups": {{ "has_all": ["a", "b"] }} }}, {{ "ip": {{ "within": ["10.0.0.0/8"] }} }},
                {{ "signed_up": {{ "since": "2020-01-01" }} }}, {{ "key": {{ "contains": "zz" }} }}
            ] }} }}
        }},
        "flags": {{
            "on": {{ "default": "on" }},
            "rollout": {{ "rules": [{{ "rollout": 50 }}] }},
            "listed": {{ "rules": [{{ "when": {{ "segment": "many" }} }}] }},
            "targeted": {{ "rules": [{{ "when": {{ "country": {{ "in": ["DE", "FR"] }},
                "app_version": {{ "at_least": "2.3.0-rc.1" }}, "age": {{ "above": 17.5 }},
                "not": {{ "segment": "large" }} }}, "rollout": 90 }}] }},
            "split": {{ "variants": {{ "none": "", "a": "A", "b": "B" }}, "default": "none", "bucket_by": "country",
                "rules": [{{ "split": [{{ "a": 50 }}, {{ "b": 50 }}] }}] }},
            "limit": {{ "variants": {{ "it": {limit} }}, "default": "it" }},
            "ratio": {{ "variants": {{ "it": 0.5 }}, "default": "it" }},
            "limits": {{ "variants": {{ "it": {{ "max": [1, 2] }} }}, "default": "it" }},
            "rests": {{ "requires": {{ "on": ["on"], "rollout": ["on", "off"] }}, "deny": [{{ "segment": "large" }}],
                "rules": [{{ "rollout": 99.999 }}] }}
        }}
    }}"#,
        listed.join(",")
    )
}

fn ask(snapshot: &Snapshot, context: &Context<'_>) -> usize {
    let on = [ON, ROLLOUT, LISTED, TARGETED, RESTS, ABSENT]
        .iter()
        .filter(|flag| snapshot.value(flag, context))
        .count();
    let answer = snapshot.answer(&SPLIT, context);
    let key = FlagKey::parse("targeted").unwrap();
    let dynamic = snapshot.answer_key(key, context);
    let all = snapshot.all(context).filter(|answer| answer.error.is_none()).count();
    let sum = snapshot.value(&LIMIT, context) as f64 + snapshot.value(&RATIO, context);
    let json = snapshot.value(&LIMITS, context).get("max").map_or(0, |max| max.items().len());
    on + answer.value.len() + usize::from(dynamic.rule.is_some()) + all + json + usize::from(sum > 0.0)
}

/// Asks everything, in every way, for a while.
fn read(flags: &Flags, owned: &OwnedContext, rounds: usize) -> usize {
    let groups = ["a", "c"];
    let mut reader = flags.reader();
    let mut seen = 0;
    for round in 0..rounds {
        let attributes = [
            COUNTRY.of("DE"),
            APP_VERSION.of("2.3.1"),
            AGE.of(round as f64),
            GROUPS.of(&groups[..]),
            IP.of("192.0.2.1"),
            SIGNED_UP.maybe((round % 2 == 0).then_some("2019-05-01")),
        ];
        let context = Context::new(if round % 2 == 0 { "user-42" } else { "visitor-7" }, &attributes);
        seen += ask(&flags.view(), &context);
        seen += ask(reader.view(), &Context::anonymous(&attributes));
        seen += ask(&flags.view().clone(), &owned.borrow());
        seen += usize::from(flags.is_on(&ROLLOUT, &context));
        seen += flags.view().column(&ROLLOUT, ["a", "b", "c"]).filter(|on| *on).count();
    }
    seen
}

fn calls() -> u64 {
    CALLS.with(Cell::get)
}

#[test]
fn readers_neither_allocate_nor_free_while_the_loader_swaps() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no_allocation");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("flags.json");
    let beside = folder.join("flags.json.new");
    fs::write(&file, text(0)).unwrap();
    let flags = Loader::file(&file).poll(Duration::from_millis(1)).start().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let owned = OwnedContext::from_json(
                    r#"{"targetingKey": "user-7", "country": "FR", "app_version": "v1", "age": 40, "groups": ["a", "b"],
                        "ip": "10.1.2.3", "signed_up": "2021-01-01", "unknown": [1]}"#,
                )
                .unwrap();
                // Once per thread arc-swap sets up its place in a list.
                assert!(read(&flags, &owned, 1) > 0);
                let mut reader = flags.reader();
                let before = calls();
                while !done.load(Ordering::Relaxed) {
                    assert!(read_cached(&flags, &mut reader, &owned) > 0);
                }
                assert_eq!(calls() - before, 0);
            });
        }
        for limit in 1..300 {
            fs::write(&beside, text(limit)).unwrap();
            fs::rename(&beside, &file).unwrap();
            thread::sleep(Duration::from_millis(3));
        }
        let swaps = flags.view().generation();
        done.store(true, Ordering::Relaxed);
        assert!(swaps > 50, "only {swaps} publications");
    });
}

/// One round of everything, with a reader made before.
fn read_cached(flags: &Flags, reader: &mut waterspout::Reader, owned: &OwnedContext) -> usize {
    let attributes = [COUNTRY.of("US"), AGE.of(3)];
    ask(reader.view(), &Context::new("user-1", &attributes)) + read(flags, owned, 20)
}

#[test]
fn the_counter_counts() {
    let before = calls();
    drop(Box::new(7));
    assert!(calls() >= before + 2);
}
