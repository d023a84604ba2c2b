//! Times, by criterion: reported and never a gate, since the machine has its say in them.
//!
//! ```text
//! cargo bench --bench timing                 all of them, then how long single checks take at worst, and two threads at once
//! cargo bench --bench timing -- --together   two threads at once, alone
//! cargo bench --bench timing -- rollout      those whose name holds the word
//! ```
//!
//! `benches/run` sets them against yardsticks of the same run.

mod workloads;

use std::fmt::Write;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs};

use criterion::{Criterion, Throughput};
use waterspout::{Context, Flags};
use workloads::swapping::Swaps;
use workloads::{HALF, Workload, together};

fn main() {
    if env::args().any(|argument| argument == "--together") {
        return both();
    }
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .without_plots()
        .configure_from_args();
    for workload in workloads::timed() {
        time(&mut criterion, &workload);
    }
    criterion.final_summary();
    let whole = env::args().skip(1).all(|argument| argument.starts_with("--"));
    if whole && !env::args().any(|argument| argument == "--test") {
        waits();
        both();
    }
}

fn time(criterion: &mut Criterion, workload: &Workload) {
    let mut group = criterion.benchmark_group("waterspout");
    group.throughput(Throughput::Elements(workload.checks));
    // Set up once, and only if the name was asked for: criterion calls this for each sample anew.
    let mut check = None;
    group.bench_function(workload.name, |bencher| {
        let check = check.get_or_insert_with(&workload.set_up);
        bencher.iter_custom(|passes| {
            let start = Instant::now();
            check(passes);
            start.elapsed()
        });
    });
}

/// How long single checks take: the middle one, and the slow ones. Written down for the report.
fn waits() {
    let mut table = String::new();
    let flags = workloads::flags();
    let mut add = |name: &str, times: Vec<u32>| {
        let rank = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        let line = format!("{name}\t{}\t{}\t{}", rank(0.5), rank(0.99), rank(0.999));
        println!("{line}");
        writeln!(table, "{line}").expect("a text takes whatever is written to it");
    };
    add("nothing: the clock alone", each(|_| ()));
    add("a reader", reader(&flags));
    add("a view each", view(&flags));
    let swaps = Swaps::start(&flags);
    let start = Instant::now();
    add("a reader, swaps", reader(&flags));
    add("a view each, swaps", view(&flags));
    let rate = f64::from(swaps.end()) / start.elapsed().as_secs_f64();
    println!("{rate:.0} swaps a second");
    writeln!(table, "swaps\t{rate:.0}\t0\t0").expect("a text takes whatever is written to it");
    keep("waits.tsv", &table);
}

/// What two threads cost one another. Written down for the report.
fn both() {
    let mut table = String::new();
    for together::Together { name, alone, both, bursts: [one, two] } in together::measure() {
        let [two_each, times] = both.map_or(["n/a".to_owned(), "n/a".to_owned()], |both| {
            [both, both / alone].map(|it| format!("{it:.2}"))
        });
        let line = format!("{name}\t{alone:.2}\t{two_each}\t{times}\t{one}\t{two}");
        println!("{line}");
        writeln!(table, "{line}").expect("a text takes whatever is written to it");
    }
    keep("together.tsv", &table);
}

/// Where `report` looks for it.
fn keep(name: &str, table: &str) {
    let folder = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    fs::create_dir_all(folder.join("bench")).expect("a folder to write to");
    fs::write(folder.join("bench").join(name), table).expect("a file to write to");
}

fn reader(flags: &Flags) -> Vec<u32> {
    let mut reader = flags.reader();
    each(|context| {
        black_box(reader.view().value(&HALF, context));
    })
}

fn view(flags: &Flags) -> Vec<u32> {
    each(|context| {
        black_box(flags.view().value(&HALF, context));
    })
}

/// What a million checks took, each, in order: nanoseconds, the clock's own time among them.
fn each(mut check: impl FnMut(&Context<'_>)) -> Vec<u32> {
    let context = Context::new("user-00000042", &[]);
    let mut times: Vec<u32> = (0..1_000_000)
        .map(|_| {
            let start = Instant::now();
            check(black_box(&context));
            u32::try_from(start.elapsed().as_nanos()).unwrap_or(u32::MAX)
        })
        .collect();
    times.sort_unstable();
    times
}
