//! Every order of steps of publishing, viewing, reading and freeing: the library's own `src/live.rs` under loom.
//!
//! `build.rs` puts the models of `model.rs` in the place of arc-swap and of `std::sync`; a snapshot is a number here, that
//! knows who freed it. arc-swap is taken at its word: what is explored is what the library does around it (generations,
//! the list of old snapshots, the test of their counts, who frees).
//!
//! The number of times that one thread may interrupt another is bounded to 3, which finds all but the oddest orders;
//! `LOOM_MAX_PREEMPTIONS` says another bound, and `FAULTS=all` lifts it to 5.

mod force;
mod model;
mod snapshot;

#[allow(dead_code, reason = "the library uses the rest")]
mod live {
    include!(concat!(env!("OUT_DIR"), "/live.rs"));
}

#[allow(dead_code, reason = "the library uses the rest")]
mod live_forced {
    include!(concat!(env!("OUT_DIR"), "/live_forced.rs"));
}

#[allow(dead_code, reason = "the library uses the rest")]
mod live_careless {
    include!(concat!(env!("OUT_DIR"), "/live_careless.rs"));
}

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use loom::sync::Arc;
use loom::thread;

use force::ForcedAnswer;
use live::Live;
use snapshot::{Freed, Snapshot};

/// Explores every order of a model's steps.
fn explore(name: &str, model: impl Fn() + Sync + Send + 'static) {
    let (orders, started) = (std::sync::Arc::new(AtomicUsize::new(0)), Instant::now());
    let counted = std::sync::Arc::clone(&orders);
    let mut builder = loom::model::Builder::new();
    let bound = if waterspout_faults::everything() { 5 } else { 3 };
    builder.preemption_bound = builder.preemption_bound.or(Some(bound));
    builder.max_branches = 10_000;
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    println!("{name}: {} orders of steps in {:.1?}", orders.load(Ordering::Relaxed), started.elapsed());
}

/// The generation and the number of a snapshot, which the tests publish in step.
fn seen(snapshot: &Snapshot) -> u64 {
    assert_eq!(snapshot.generation(), snapshot.number() + 1, "torn");
    snapshot.generation()
}

#[test]
fn views_are_whole_and_never_from_the_past() {
    explore("views", || {
        let freed = Freed::default();
        let live = Arc::new(Live::new(freed.snapshot(0)));
        let viewers = [(); 2].map(|()| {
            let live = Arc::clone(&live);
            thread::spawn(move || {
                let first = seen(&live.view());
                let asked = live.ask(seen);
                assert!(asked >= first, "from the past");
            })
        });
        for number in 1..=2 {
            assert_eq!(live.publish(freed.snapshot(number)), number + 1);
            assert_eq!(seen(&live.view()), number + 1, "whoever publishes sees it");
        }
        for viewer in viewers {
            viewer.join().unwrap();
        }
        assert_eq!(seen(&live.view()), 3);
    });
}

#[test]
fn only_who_publishes_frees() {
    explore("freeing", || {
        let freed = Freed::default();
        let live = Arc::new(Live::new(freed.snapshot(0)));
        let viewers = [(); 2].map(|()| {
            let live = Arc::clone(&live);
            thread::spawn(move || {
                let view = live.view();
                let other = view.clone();
                drop(view);
                live.ask(seen);
                seen(&other);
            })
        });
        live.publish(freed.snapshot(1));
        live.publish(freed.snapshot(2));
        live.free_retired();
        for viewer in viewers {
            viewer.join().unwrap();
        }
        live.free_retired();
        assert_eq!(live.pinned(), 0);
        freed.assert_all_by(&[thread::current().id()], &[0, 1]);
    });
}

#[test]
fn two_that_publish_take_turns_and_nothing_is_lost_or_freed_twice() {
    explore("two publish", || {
        let freed = Freed::default();
        let live = Arc::new(Live::new(freed.snapshot(0)));
        let (other, its_freed) = (Arc::clone(&live), freed.clone());
        let service = thread::spawn(move || {
            let generation = other.publish(its_freed.snapshot(10));
            (generation, thread::current().id())
        });
        let (other, viewed) = (Arc::clone(&live), Arc::clone(&live));
        let viewer = thread::spawn(move || {
            let first = viewed.view().generation();
            assert!(viewed.view().generation() >= first);
        });
        let ours = other.publish(freed.snapshot(20));
        let (theirs, their_id) = service.join().unwrap();
        viewer.join().unwrap();
        assert!([(2, 3), (3, 2)].contains(&(ours, theirs)), "{ours} and {theirs}");
        let last = live.view();
        assert_eq!((last.generation(), last.number()), (3, if ours == 3 { 20 } else { 10 }));
        drop(last);
        live.free_retired();
        let first_of_both = if ours == 3 { 10 } else { 20 };
        freed.assert_all_by(&[thread::current().id(), their_id], &[0, first_of_both]);
    });
}

#[test]
fn a_cached_reader_keeps_up_and_never_goes_back() {
    explore("reader", || {
        let freed = Freed::default();
        let live = Arc::new(Live::new(freed.snapshot(0)));
        let reading = Arc::clone(&live);
        let reader = thread::spawn(move || {
            let mut reader = reading.reader();
            let first = seen(reader.view());
            let viewed = seen(&reading.view());
            let cached = seen(reader.view());
            assert!(viewed >= first && cached >= viewed, "{first}, {viewed}, {cached}");
            reader
        });
        live.publish(freed.snapshot(1));
        live.publish(freed.snapshot(2));
        let mut reader = reader.join().unwrap();
        assert_eq!(seen(reader.view()), 3, "once it is known to be published, it is seen");
        live.free_retired();
        assert_eq!(live.pinned(), 0, "a reader that keeps up pins nothing");
        freed.assert_all_by(&[thread::current().id()], &[0, 1]);
    });
}

#[test]
fn what_is_still_looked_at_is_pinned_and_not_freed() {
    explore("pinned", || {
        let freed = Freed::default();
        let live = Arc::new(Live::new(freed.snapshot(0)));
        let parked = live.view();
        let publishing = Arc::clone(&live);
        let fresh = freed.snapshot(1);
        let publisher = thread::spawn(move || {
            publishing.publish(fresh);
            publishing.free_retired();
            thread::current().id()
        });
        let pinned = live.pinned();
        assert!(pinned <= 1);
        assert_eq!(parked.number(), 0);
        let publisher = publisher.join().unwrap();
        assert_eq!((live.pinned(), parked.number()), (1, 0));
        drop(parked);
        assert_eq!(live.pinned(), 0);
        live.free_retired();
        freed.assert_all_by(&[thread::current().id(), publisher], &[0]);
    });
}

#[test]
fn a_forced_answer_and_a_publication_both_hold_whichever_comes_first() {
    explore("forced", || {
        let freed = Freed::default();
        let live = Arc::new(live_forced::Live::new(freed.snapshot(0)));
        let forcing = Arc::clone(&live);
        let test = thread::spawn(move || {
            forcing.force(|forced| forced.push(ForcedAnswer(77)));
            assert_eq!(forcing.view().number(), 77, "forced, and published or not");
            thread::current().id()
        });
        let viewing = Arc::clone(&live);
        let viewer = thread::spawn(move || {
            let first = viewing.view();
            let then = viewing.view();
            assert!(then.generation() >= first.generation(), "from the past");
            assert!(first.number() != 77 || then.number() == 77, "not forced any more");
        });
        live.publish(freed.snapshot(1));
        let id = test.join().unwrap();
        viewer.join().unwrap();
        let forced = live.view();
        assert_eq!((forced.generation(), forced.number()), (3, 77));
        drop(forced);
        live.force(Vec::clear);
        assert_eq!(live.view().number(), 1, "what was published last");
        live.free_retired();
        assert_eq!(live.pinned(), 0);
        freed.assert_by(&[thread::current().id(), id]);
    });
}

#[test]
fn forced_answers_are_let_go_of_in_any_order() {
    explore("forced in turn", || {
        let freed = Freed::default();
        let live = Arc::new(live_forced::Live::new(freed.snapshot(0)));
        let guards = [5, 6].map(|number| {
            let live = Arc::clone(&live);
            thread::spawn(move || {
                live.force(|forced| forced.push(ForcedAnswer(number)));
                assert_ne!(live.view().number(), 0, "one of both");
                live.force(|forced| forced.retain(|answer| answer.0 != number));
                thread::current().id()
            })
        });
        let mut ids = guards.map(|guard| guard.join().unwrap()).to_vec();
        ids.push(thread::current().id());
        assert_eq!((live.view().generation(), live.view().number()), (5, 0));
        live.free_retired();
        assert_eq!(live.pinned(), 0);
        freed.assert_by(&ids);
    });
}

#[test]
fn a_careless_publisher_is_found_out() {
    let explored = panic::catch_unwind(AssertUnwindSafe(|| {
        explore("careless", || {
            let freed = Freed::default();
            let live = Arc::new(live_careless::Live::new(freed.snapshot(0)));
            let viewing = Arc::clone(&live);
            let viewer = thread::spawn(move || seen(&viewing.view()));
            live.publish(freed.snapshot(1));
            viewer.join().unwrap();
            freed.assert_by(&[thread::current().id()]);
        });
    }));
    assert!(explored.is_err(), "a viewer frees in some order, and the model must see it");
}
