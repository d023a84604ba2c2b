//! A loader under test, with somebody who asks it all the time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use waterspout::{Context, Flag, Flags, Loader};

use crate::stage::{Stage, level};

/// No file says -1: it is what answers where there is no such flag.
const LEVEL: Flag<i64> = Flag::new("level", -1);

const POLL: Duration = Duration::from_millis(2);

/// A loader that follows a stage's file, what it told, and whoever asks it meanwhile.
pub struct Subject {
    pub flags: Flags,
    told: Arc<Mutex<Vec<String>>>,
    done: Arc<AtomicBool>,
    asking: Option<JoinHandle<()>>,
}

/// The number that serves.
#[must_use]
pub fn now_serves(flags: &Flags) -> i64 {
    flags.view().value(&LEVEL, &Context::anonymous(&[]))
}

/// Waits for what must come.
///
/// # Panics
/// If it does not come.
#[track_caller]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Long enough for a subject to look several times.
pub fn a_few_looks() {
    thread::sleep(20 * POLL);
}

impl Subject {
    /// Follows the stage's file, which is put there with level 1 if there is none.
    #[must_use]
    pub fn start(stage: &Stage) -> Subject {
        Subject::start_as(stage, |loader| loader)
    }

    /// The same, with something else said to the loader.
    #[must_use]
    pub fn start_as(stage: &Stage, said: impl FnOnce(Loader) -> Loader) -> Subject {
        if !stage.file().exists() {
            stage.put(&level(1));
        }
        let told = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&told);
        let tell = move |event: &waterspout::Event| into.lock().unwrap().push(event.to_string());
        let flags = said(Loader::file(stage.file()).poll(POLL).on_event(tell)).start().unwrap();
        let done = Arc::new(AtomicBool::new(false));
        let asking = thread::spawn({
            let (flags, done) = (flags.clone(), Arc::clone(&done));
            move || ask_until(&done, &flags)
        });
        Subject { flags, told, done, asking: Some(asking) }
    }

    /// What was told so far.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often something was told that says this.
    #[must_use]
    pub fn times_told(&self, words: &str) -> usize {
        self.told().iter().filter(|event| event.contains(words)).count()
    }

    #[must_use]
    pub fn last_error(&self) -> String {
        self.flags.status().last_error.unwrap_or_default()
    }

    /// A fault is there that stays: the last good flags serve, the status names the cause, and one event told it.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn suffers(&self, cause: &str, serving: i64) {
        let before = self.times_told(cause);
        wait_until(&format!("`{cause}` in the status"), || self.last_error().contains(cause));
        wait_until(&format!("`{cause}` as an event"), || self.times_told(cause) > 0);
        a_few_looks();
        assert!(self.last_error().contains(cause), "it stays known: {}", self.last_error());
        assert_eq!(now_serves(&self.flags), serving, "the last good flags serve: {:?}", self.told());
        assert!(self.times_told(cause) <= before + 1, "told once: {:?}", self.told());
        assert!(self.flags.status().following);
    }

    /// The fault is gone: the next file is followed, without a restart, and nothing is wrong any more.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn recovers(&self, stage: &Stage, number: i64) {
        stage.put(&level(number));
        self.comes_to_serve(number);
    }

    /// What is there now is followed, and nothing is wrong with it.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn comes_to_serve(&self, number: i64) {
        wait_until(&format!("level {number}; {:?}", self.told().last()), || {
            now_serves(&self.flags) == number && self.flags.status().last_error.is_none()
        });
    }
}

/// Asks as requests do: an answer never comes from the past, is never a default for want of flags, never waits.
fn ask_until(done: &AtomicBool, flags: &Flags) {
    let (mut newest, mut reader) = (0, flags.reader());
    while !done.load(Ordering::Relaxed) {
        let view = flags.view();
        assert!(view.generation() >= newest, "from the past");
        assert!(reader.view().generation() >= newest, "from the past");
        newest = view.generation();
        assert_ne!(view.value(&LEVEL, &Context::anonymous(&[])), -1, "no flags");
        thread::sleep(Duration::from_micros(500));
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        let asked = self.asking.take().map(JoinHandle::join);
        let ended = self.flags.stop(Duration::from_secs(10));
        if !thread::panicking() {
            asked.unwrap().unwrap();
            assert!(ended, "the loader's thread hangs");
        }
    }
}
