//! What a snapshot keeps is in proportion to its file, and little: counted at the allocator, not estimated.

#![expect(
    unsafe_code,
    reason = "an allocator that counts can only be written so; it hands everything on to the system's"
)]

#[path = "../benches/workloads/generated.rs"]
mod generated;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use waterspout::flag_set::FlagSet;
use waterspout::{Facts, Snapshot, Time};

struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
}

fn hold(bytes: isize) {
    // A thread that is ending has no counter any more.
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        hold(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        hold(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        hold(size as isize - layout.size() as isize);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The snapshot of a text, and the bytes of this thread that it alone holds.
fn kept(text: &str) -> (Snapshot, usize) {
    let before = HELD.get();
    let set = FlagSet::parse(text).unwrap();
    let snapshot = Snapshot::compile(&set, &Facts::new(), Time::parse("2026-11-01").unwrap());
    drop(set);
    (snapshot, usize::try_from(HELD.get() - before).unwrap())
}

/// The share of its file that a snapshot keeps.
const MOST: f64 = 0.5;

#[test]
fn a_snapshot_keeps_at_most_half_the_size_of_its_file() {
    for count in [1_000, 10_000] {
        let text = generated::file(count);
        let (snapshot, held) = kept(&text);
        assert_eq!(snapshot.keys().count(), count);
        let share = held as f64 / text.len() as f64;
        println!(
            "{count} flags: {} B each in the file, {} B kept, {share:.3}",
            text.len() / count,
            held / count
        );
        assert!(share <= MOST, "{count} flags of {} B keep {held} B, {share:.3} of the file", text.len());
    }
}

#[test]
fn a_million_keys_keep_at_most_16_bytes_beyond_their_own() {
    let keys: Vec<String> = (0..1_000_000).map(|n| format!("\"{n:016x}\"")).collect();
    let text = format!(
        r#"{{"version": 1, "segments": {{"early": {{"keys": [{}]}}}},
        "flags": {{"beta": {{"rules": [{{"when": {{"segment": "early"}}}}]}}}}}}"#,
        keys.join(",")
    );
    let (_snapshot, held) = kept(&text);
    println!("{:.2} B a key", held as f64 / 1e6);
    assert!(held <= 1_000_000 * (16 + 16), "{held} B for a million keys of 16 B");
}

#[test]
fn a_snapshot_tells_what_it_keeps() {
    for text in [generated::file(1_000), include_str!("good/values.json").to_owned()] {
        let (snapshot, held) = kept(&text);
        let told = snapshot.memory();
        println!("told {told} B, held {held} B");
        assert!(told <= held && held - told <= held / 50 + 4096, "told {told} B, held {held} B");
    }
}
