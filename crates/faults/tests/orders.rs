//! One thing that happens in the middle of another: the order is made by hand, with a clock that waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use waterspout::{Content, Error, Fetch, Loader, Overlay, Source, Time};
use waterspout_faults::{Stage, Subject, a_few_looks, level, now_serves, wait_until};

const ROLLS_BACK: &str = "on call";

#[test]
fn a_file_that_is_published_amid_a_rollback_is_neither_lost_nor_served_unseen() {
    let stage = Stage::new("amid-rollback");
    let (waits, go_on) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (clock_waits, clock_goes_on) = (Arc::clone(&waits), Arc::clone(&go_on));
    // The clock is asked while the old flags are compiled anew; there, and on that thread alone, it takes its time.
    let subject = Subject::start_as(&stage, |loader| {
        loader.clock(move || {
            if thread::current().name() == Some(ROLLS_BACK) {
                clock_waits.store(true, Ordering::SeqCst);
                while !clock_goes_on.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(1));
                }
            }
            Time::from(SystemTime::now())
        })
    });
    stage.put(&level(2));
    subject.comes_to_serve(2);
    let flags = subject.flags.clone();
    let on_call = thread::Builder::new().name(ROLLS_BACK.to_owned()).spawn(move || flags.rollback()).unwrap();
    wait_until("amid the rollback", || waits.load(Ordering::SeqCst));
    stage.put(&level(3));
    // Unless a rollback keeps publications waiting.
    let mut looks = 0;
    wait_until("level 3, or nothing for a while", || {
        looks += 1;
        now_serves(&subject.flags) == 3 || looks > 300
    });
    let published = subject.flags.status().fingerprint;
    go_on.store(true, Ordering::SeqCst);
    let rolled_back = on_call.join().unwrap();
    a_few_looks();
    let status = subject.flags.status();
    // Either the new file serves, or it is what is held back: not neither.
    let serves = now_serves(&subject.flags) == 3;
    let held_back = status.held_back == Some(published);
    assert!(serves || held_back, "{rolled_back:?}; {status:#?}; {:?}", subject.told());
}

/// Brings the level that it is told, and says when it has brought the one to wait at.
struct Levels {
    level: Arc<AtomicI64>,
    waits_at: i64,
    brought: Arc<AtomicBool>,
}

impl Source for Levels {
    fn fetch(&mut self, since: Option<&str>) -> Result<Fetch, Error> {
        let number = self.level.load(Ordering::SeqCst);
        let revision = number.to_string();
        if since == Some(&revision) {
            return Ok(Fetch::Unchanged);
        }
        self.brought.store(number == self.waits_at, Ordering::SeqCst);
        Ok(Fetch::Content(Content::of(level(number)).revision(&revision)))
    }

    fn describe(&self) -> String {
        "levels".to_owned()
    }
}

#[test]
fn a_rollback_that_had_to_wait_does_not_take_back_what_nobody_had_seen() {
    let (number, go_on) = (Arc::new(AtomicI64::new(1)), Arc::new(AtomicBool::new(false)));
    let [brought, waits] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let source = Levels { level: Arc::clone(&number), waits_at: 3, brought: Arc::clone(&brought) };
    let (clock_waits, clock_goes_on) = (Arc::clone(&waits), Arc::clone(&go_on));
    // The clock is asked while level 3 is compiled; there it takes its time.
    let clock = move || {
        while brought.load(Ordering::SeqCst) && !clock_goes_on.load(Ordering::SeqCst) {
            clock_waits.store(true, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(1));
        }
        Time::from(SystemTime::now())
    };
    let flags = Loader::source(source).poll(Duration::from_millis(2)).clock(clock).start().unwrap();
    number.store(2, Ordering::SeqCst);
    wait_until("level 2", || now_serves(&flags) == 2);
    number.store(3, Ordering::SeqCst);
    wait_until("amid the publication", || waits.load(Ordering::SeqCst));
    let on_call = thread::spawn({
        let flags = flags.clone();
        move || flags.rollback()
    });
    // It waits for its turn: what serves may still be asked for, and so may the status.
    thread::sleep(Duration::from_millis(50));
    assert!(!on_call.is_finished() && now_serves(&flags) == 2 && flags.status().generation == 2);
    go_on.store(true, Ordering::SeqCst);
    let refused = on_call.join().unwrap().unwrap_err().to_string();
    assert!(refused.contains("something else was published meanwhile"), "{refused}");
    assert_eq!((now_serves(&flags), flags.status().held_back), (3, None));
    // Now that it is seen, it can be taken back.
    flags.rollback().unwrap();
    assert_eq!(now_serves(&flags), 2);
}

#[test]
fn a_layer_that_changed_while_another_was_away_is_not_lost() {
    let stage = Stage::new("layers");
    stage.put(&level(1));
    let team = stage.source().join("team.json");
    fs::write(&team, r#"{"version": 1, "flags": {"ours": {}}}"#).unwrap();
    let overlay = Overlay::file(stage.file()).over_file(&team);
    let flags = Loader::source(overlay).poll(Duration::from_millis(2)).start().unwrap();
    assert_eq!(now_serves(&flags), 1);
    let away = stage.source().join("away");
    fs::rename(&team, &away).unwrap();
    wait_until("the layer is missed", || flags.status().last_error.is_some());
    stage.put(&level(2));
    a_few_looks();
    assert_eq!(now_serves(&flags), 1, "if one layer fails, all of it does");
    fs::rename(&away, &team).unwrap();
    wait_until("level 2", || now_serves(&flags) == 2);
}
