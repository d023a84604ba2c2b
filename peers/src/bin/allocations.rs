//! Allocations per call. A program of its own: a counting allocator would slow the times of those who allocate.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use waterspout_peers::driver::{Check, Driver, Prepared, USERS};
use waterspout_peers::engine::Engine;
use waterspout_peers::for_each_engine;
use waterspout_peers::report::{self, Table};

struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    // A thread that is ending has no counters any more.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
    let _ = BYTES.try_with(|total| total.set(total.get() + bytes as u64));
}

// SAFETY: it hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let checks = Check::ALL;
    let mut table = Table::new(["evaluator"].into_iter().chain(checks.map(Check::title)));
    macro_rules! row {
        ($engine:ty) => {
            match Prepared::<$engine>::new() {
                Ok(prepared) => {
                    let cells = checks.map(|check| cell(&prepared, check));
                    table.row([<$engine>::NAME.to_owned()].into_iter().chain(cells));
                }
                Err(error) => eprintln!("{} is left out: {error}", <$engine>::NAME),
            }
        };
    }
    for_each_engine!(row);
    table.print();
}

fn cell(driver: &dyn Driver, check: Check) -> String {
    let times = if check == Check::Thousand { 4 } else { USERS };
    let mut ask = driver.ask(check);
    // What is made once, at the first question, is not a cost of the others.
    ask(0, times);
    let before = (CALLS.get(), BYTES.get());
    ask(0, times);
    let each = |made: u64| made as f64 / times as f64;
    match each(CALLS.get() - before.0) {
        0.0 => "**0**".to_owned(),
        calls => format!("{} ({})", number(calls), report::bytes(each(BYTES.get() - before.1))),
    }
}

fn number(calls: f64) -> String {
    if calls < 100.0 { report::short(calls) } else { format!("{calls:.0}") }
}
