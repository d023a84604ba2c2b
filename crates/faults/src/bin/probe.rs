//! A small service with a loader, to be put under faults from outside. Says what it sees in lines of JSON.
//!
//! ```text
//! probe load FILE COPY [MILLISECONDS]   starts, waits until the source serves and is well, or for so long; says what serves
//! probe copy FILE COPY                  loads once, on one thread, which writes the copy; says what serves
//! probe follow FILE COPY LOOKS          says every event, and asks between them: until it has asked LOOKS times, a
//!                                       hundredth of a second apart, or a line says `stop`; `status` says what serves
//! probe stress SWAPS READERS            publishes while others read
//! probe race                            what ThreadSanitizer must find: a publication without a lock
//! ```
//!
//! Ends with 0 if nothing was ever broken: no answer from the past, no torn one, no default for want of flags.

use std::cell::UnsafeCell;
use std::env;
use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use waterspout::{Context, Flag, Flags, Loader, Snapshot, Value};

/// No file says -1: it is what answers where there is no such flag.
const LEVEL: Flag<i64> = Flag::new("level", -1);

const POLL: Duration = Duration::from_millis(50);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let whole = match arguments[..] {
        ["load", file, copy] => load(file, copy, Duration::from_secs(1)),
        ["load", file, copy, most] => load(file, copy, Duration::from_millis(number(most))),
        ["copy", file, copy] => load_once(file, copy),
        ["follow", file, copy, looks] => follow(file, copy, number(looks)),
        ["stress", swaps, readers] => stress(number(swaps), number(readers)),
        ["race"] => race(),
        _ => {
            eprintln!(
                "probe: load FILE COPY [MILLISECONDS] | copy FILE COPY | follow FILE COPY LOOKS | stress SWAPS READERS | race"
            );
            return ExitCode::from(2);
        }
    };
    if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Told = Arc<Mutex<Vec<String>>>;

/// A loader with everything to fall back on, and what it tells.
fn loader(file: &str, copy: &str) -> (Loader, Told) {
    let told = Told::default();
    let into = Arc::clone(&told);
    let built_in = r#"{"version": 1, "flags": {"level": {"variants": {"it": 0}, "default": "it"}}}"#;
    let loader = Loader::file(file)
        .last_good(copy)
        .built_in(built_in)
        .poll(POLL)
        .on_event(move |event| into.lock().expect("nobody panics with it").push(event.to_string()));
    (loader, told)
}

fn load(file: &str, copy: &str, most: Duration) -> bool {
    let (loader, told) = loader(file, copy);
    let flags = match loader.start() {
        Ok(flags) => flags,
        Err(error) => return refuse(&error),
    };
    let first = seen(&flags);
    let deadline = Instant::now() + most;
    let well = || flags.status().last_error.is_none() && flags.status().origin == waterspout::Origin::Source;
    while !well() && Instant::now() < deadline {
        thread::sleep(BETWEEN_LOOKS / 2);
    }
    // What serves is still being copied.
    let ended = flags.stop(Duration::from_secs(10));
    ended & say_last(&flags, &first, &told)
}

fn load_once(file: &str, copy: &str) -> bool {
    let (loader, told) = loader(file, copy);
    match loader.read_once() {
        Ok(flags) => say_last(&flags, &seen(&flags), &told),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &waterspout::Error) -> bool {
    say(&json!({ "not started": error.to_string() }));
    false
}

/// What serves, as a monitor would ask.
fn seen(flags: &Flags) -> Json {
    let status = flags.status();
    json!({
        "generation": status.generation,
        "origin": status.origin.as_str(),
        "level": level(&flags.view()),
        "last_error": status.last_error,
        "following": status.following,
    })
}

fn say_last(flags: &Flags, first: &Json, told: &Told) -> bool {
    let mut last = seen(flags);
    last["first"] = first.clone();
    last["told"] = json!(*told.lock().expect("nobody panics with it"));
    last["peak_kib"] = json!(peak_kib());
    say(&last);
    last["level"] != -1 && first["level"] != -1
}

/// The most memory that this process ever had.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.split_whitespace().next()?.parse().ok()
}

fn level(snapshot: &Snapshot) -> i64 {
    snapshot.value(&LEVEL, &Context::anonymous(&[]))
}

fn say(line: &Json) {
    let mut out = std::io::stdout().lock();
    // A test that has gone away hears nothing; that is no fault of what is tested.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn follow(file: &str, copy: &str, looks: u64) -> bool {
    let (loader, told) = loader(file, copy);
    let flags = match loader.start() {
        Ok(flags) => flags,
        Err(error) => return refuse(&error),
    };
    let commands = commands();
    let (mut whole, mut newest, mut heard) = (true, 0, 0);
    let mut looked = 0;
    while looked < looks {
        let view = flags.view();
        whole &= view.generation() >= newest && level(&view) != -1;
        newest = view.generation();
        let events = told.lock().expect("nobody panics with it").clone();
        for event in events.iter().skip(heard) {
            say(&json!({ "event": event, "generation": newest, "level": level(&view) }));
        }
        heard = events.len();
        match commands.recv_timeout(BETWEEN_LOOKS).as_deref() {
            Ok("status") => say(&seen(&flags)),
            Ok("stop") => break,
            _ => looked += 1,
        }
    }
    whole &= flags.stop(Duration::from_secs(10));
    say(&json!({ "ended": true, "whole": whole, "generation": newest }));
    whole
}

/// The lines of the standard input. At its end there is no further one, and nothing ends by that.
fn commands() -> Receiver<String> {
    let (send, commands) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = std::io::stdin().lock().lines().map_while(Result::ok);
        lines.try_for_each(|line| send.send(line)).ok();
        loop {
            thread::park();
        }
    });
    commands
}

/// Fifty flags that all answer one number: a snapshot's identity.
fn identity(number: u64) -> String {
    let flag = |index| {
        format!(
            r#""f{index}": {{"variants": {{"it": {number}}}, "rules": [{{"rollout": 100, "serve": "it"}}], "default": "it"}}"#
        )
    };
    let flags: Vec<String> = (0..50).map(flag).collect();
    format!(r#"{{"version": 1, "flags": {{{}}}}}"#, flags.join(","))
}

/// The one number that all flags of a snapshot answer; `None` if it is torn.
fn identity_of(snapshot: &Snapshot) -> Option<u64> {
    let context = Context::new("user-42", &[]);
    let mut numbers = snapshot.all(&context).map(|answer| match answer.value {
        Value::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    });
    let first = numbers.next()??;
    numbers.all(|number| number == Some(first)).then_some(first)
}

fn stress(swaps: u64, readers: u64) -> bool {
    // Without a loader's thread: this one publishes, and waits for no lock. ThreadSanitizer knows the order that a lock
    // makes only where nobody has to wait for it, since it does not see into the standard library.
    let flags = Loader::text(identity(0)).read_once().expect("a right file");
    // Two texts are enough: what is under stress is publishing, not what is published.
    let (done, broken, reads) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let look = |newest: &mut u64, snapshot: &Snapshot| {
        let whole = identity_of(snapshot).is_some() && snapshot.generation() >= *newest;
        *newest = snapshot.generation();
        broken.fetch_add(u64::from(!whole), Ordering::Relaxed);
        reads.fetch_add(1, Ordering::Relaxed);
    };
    thread::scope(|scope| {
        let read = |reader| {
            let (flags, done, look) = (&flags, &done, &look);
            scope.spawn(move || {
                let (mut newest, mut cached, mut held) = (0, flags.reader(), Vec::new());
                while !done.load(Ordering::Relaxed) {
                    match reader % 3 {
                        0 => look(&mut newest, &flags.view()),
                        1 => look(&mut newest, cached.view()),
                        // One that lags: it holds several views while newer ones are published.
                        _ => {
                            held.push(flags.view());
                            if held.len() > 8 {
                                look(&mut newest, &held.remove(0));
                            }
                        }
                    }
                }
            })
        };
        let reading: Vec<_> = (0..readers).map(read).collect();
        for swap in 1..=swaps {
            let generation = flags.install(identity(swap % 2)).expect("a right file");
            broken.fetch_add(u64::from(generation != swap + 1), Ordering::Relaxed);
            if swap % 1000 == 0 {
                broken.fetch_add(u64::from(flags.status().generation != generation), Ordering::Relaxed);
            }
        }
        done.store(true, Ordering::Relaxed);
        // Joined one by one: how a scope waits for its threads is written in the standard library, and so unseen too.
        reading.into_iter().for_each(|reader| reader.join().expect("reading panics nowhere"));
    });
    // The next publication frees what the readers let go of.
    flags.install(identity(0)).expect("a right file");
    let (broken, reads) = (broken.into_inner(), reads.into_inner());
    let pinned = flags.status().pinned;
    say(&json!({ "swaps": swaps, "readers": readers, "reads": reads, "broken": broken, "pinned": pinned }));
    broken == 0 && pinned == 0 && reads > 0
}

/// A place that readers look at, published to without a lock or an order: what a loader must never do.
struct Unguarded(UnsafeCell<[u64; 2]>);

#[expect(unsafe_code, reason = "a race on purpose: a tool that does not find it finds nothing")]
// SAFETY: none. Only the mode `race` makes one.
unsafe impl Sync for Unguarded {}

fn race() -> bool {
    let place = Unguarded(UnsafeCell::new([0; 2]));
    let place = &place;
    #[expect(unsafe_code, reason = "as above")]
    let (publish, view) = (
        // SAFETY: none, as above: written and read at the same time.
        move |number| unsafe { place.0.get().write_volatile([number; 2]) },
        // SAFETY: none, as above.
        move || unsafe { place.0.get().read_volatile() },
    );
    let torn = thread::scope(|scope| {
        let reader = scope.spawn(move || (0..100_000).filter(|_| view()[0] != view()[1]).count());
        (0..100_000).for_each(publish);
        reader.join().expect("reading panics nowhere")
    });
    say(&json!({ "torn": torn }));
    true
}
