//! The file source: a flag file and the list files beside it.
//!
//! Nothing is believed of a file but its content. Its state (size, times, inode) only says when to read it at once; it is
//! read anyway every ten seconds, so that an edit that leaves all of that as it was is seen too. The path is opened anew
//! each time, so renames, links and ConfigMaps need no special care.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::regular;
use super::source::{Content, Fetch, Source};
use crate::error::Error;
use crate::limits::Limits;

/// The content is read at least this often, whatever the state of the file says.
const READ_ANYWAY: Duration = Duration::from_secs(10);

/// However seldom a service looks, its start does not wait longer than this for a list to settle.
const LONGEST_SETTLE: Duration = Duration::from_secs(1);

/// The coarsest clock of a file system in use: two writes within it may look like one.
const TICK: Duration = Duration::from_secs(2);

/// A flag file and the lists that it names.
pub(super) struct FileSource {
    path: PathBuf,
    limits: Limits,
    /// How long a list file must stay the same before it is taken.
    settle: Duration,
    /// What was read last, and when.
    seen: Option<Seen>,
}

struct Seen {
    states: States,
    /// Whether the files had been left alone for a while. A write within the same tick of the file system's clock would
    /// leave no trace in their states.
    certain: bool,
    at: Instant,
    lists: ListsSeen,
}

/// A list that is cut off between two lines reads as a whole one. So one is taken only when it is read alike twice, some
/// time apart.
#[derive(Clone, Copy)]
struct ListsSeen {
    fingerprint: u128,
    since: Instant,
    settled: bool,
}

type States = BTreeMap<PathBuf, Option<State>>;

/// What the file system says of a file. Equal states do not prove equal content; different ones ask for a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    length: u64,
    modified: Option<SystemTime>,
    identity: (u64, u64),
    changed: (i64, i64),
}

impl FileSource {
    pub(super) fn new(path: PathBuf) -> FileSource {
        FileSource { path, limits: Limits::default(), settle: LONGEST_SETTLE, seen: None }
    }

    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    pub(super) fn set_settle(&mut self, poll: Duration) {
        self.settle = poll.min(LONGEST_SETTLE);
    }

    /// The content, and the states of its files as they were before it was read: a change in between is then seen at the
    /// next look.
    fn read(&self) -> Result<(Content, States), Error> {
        let mut states = States::from([(self.path.clone(), State::of(&self.path))]);
        let text = regular::read(&self.path, self.limits.file)
            .map_err(|error| Error::io(self.path.display().to_string(), error))?;
        let mut content = Content::of(text);
        for list in Content::list_paths(&content.text) {
            let path = self.beside(&list);
            states.insert(path.clone(), State::of(&path));
            let read = regular::read(&path, self.limits.list).map_err(|error| error.to_string());
            content.add_read_list(list, read);
        }
        Ok((content, states))
    }

    /// The content as it is now, whether or not its lists have settled.
    pub(super) fn read_now(&self) -> Result<Content, Error> {
        self.read().map(|(content, _)| content)
    }

    fn beside(&self, list: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(list)
    }

    /// Whether nothing suggests that the content is another than the one read last.
    fn looks_unchanged(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| {
            let same =
                || seen.states.iter().all(|(path, state)| state.is_some() && State::of(path) == *state);
            seen.lists.settled && seen.certain && seen.at.elapsed() < READ_ANYWAY && same()
        })
    }

    /// The lists of a content that was just read, next to those that were read before.
    fn look_at_lists(&self, content: &Content) -> ListsSeen {
        let fingerprint = content.fingerprint_of_lists();
        let before =
            self.seen.as_ref().map(|seen| seen.lists).filter(|lists| lists.fingerprint == fingerprint);
        let since = before.map_or_else(Instant::now, |lists| lists.since);
        let settled = content.lists.is_empty()
            || before.is_some_and(|lists| lists.settled || lists.since.elapsed() >= self.settle);
        ListsSeen { fingerprint, since, settled }
    }

    /// Whether every list was last touched long enough ago. A start believes it; what serves is not replaced on the word of
    /// two clocks.
    fn lists_are_old(&self, content: &Content) -> bool {
        content.lists.keys().all(|list| is_old(&self.beside(list), self.settle))
    }
}

impl Source for FileSource {
    fn fetch(&mut self, since: Option<&str>) -> Result<Fetch, Error> {
        if since.is_some() && self.looks_unchanged() {
            return Ok(Fetch::Unchanged);
        }
        loop {
            let (content, states) = self.read()?;
            let certain = states.keys().all(|path| is_old(path, TICK));
            let mut lists = self.look_at_lists(&content);
            lists.settled |= since.is_none() && self.lists_are_old(&content);
            self.seen = Some(Seen { states, certain, at: Instant::now(), lists });
            if lists.settled {
                let revision = format!("{:032x}", content.fingerprint());
                let unchanged = since == Some(revision.as_str());
                return Ok(if unchanged {
                    Fetch::Unchanged
                } else {
                    Fetch::Content(content.revision(&revision))
                });
            }
            // Once there is something to serve, the next look is early enough.
            if since.is_some() {
                return Ok(Fetch::Changing);
            }
            thread::sleep(self.settle);
        }
    }

    fn describe(&self) -> String {
        self.path.display().to_string()
    }
}

impl State {
    fn of(path: &Path) -> Option<State> {
        fs::metadata(path).ok().map(|metadata| State::from(&metadata))
    }

    #[cfg(unix)]
    fn from(metadata: &Metadata) -> State {
        use std::os::unix::fs::MetadataExt;
        State {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            identity: (metadata.dev(), metadata.ino()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    #[cfg(not(unix))]
    fn from(metadata: &Metadata) -> State {
        State {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            identity: (0, 0),
            changed: (0, 0),
        }
    }
}

/// Whether a file was last touched longer ago than `age`. Its change time cannot be set, unlike its modification time.
#[cfg(unix)]
fn is_old(path: &Path, age: Duration) -> bool {
    let Some(state) = State::of(path) else { return true };
    let Ok(now) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) else { return false };
    let (seconds, nanos) = state.changed;
    let changed = Duration::new(u64::try_from(seconds).unwrap_or(0), u32::try_from(nanos).unwrap_or(0));
    now.checked_sub(changed).is_some_and(|since| since > age)
}

#[cfg(not(unix))]
fn is_old(_path: &Path, _age: Duration) -> bool {
    false
}
