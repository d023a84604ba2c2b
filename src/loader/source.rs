//! Where flags come from: a source brings content, or says that nothing has changed.

use std::collections::BTreeMap;
use std::hash::Hasher;
use std::sync::{Arc, OnceLock};

use siphasher::sip128::{Hasher128, SipHasher24};

use super::wake::Wake;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::flag_set::FlagSet;
use crate::limits::Limits;
use crate::merge;
use crate::mismatch::Mismatch;

/// Where flags come from.
///
/// A source only answers one question: what is the content now, given what I know? The loader asks it on a thread of its
/// own, at every poll and whenever it is woken, so a source may block; whatever it brings is checked before it serves. A
/// source that fails, or panics, changes nothing: the last good flags keep serving.
///
/// ```
/// use waterspout::{Content, Error, Fetch, Flag, Context, Loader, Source};
///
/// /// Flags from a shelf.
/// struct Shelf;
///
/// impl Source for Shelf {
///     fn fetch(&mut self, since: Option<&str>) -> Result<Fetch, Error> {
///         if since == Some("edition 1") {
///             return Ok(Fetch::Unchanged);
///         }
///         let content = Content::of(r#"{"version": 1, "flags": {"beta": {"default": "on"}}}"#);
///         Ok(Fetch::Content(content.revision("edition 1")))
///     }
///
///     fn describe(&self) -> String {
///         "the shelf".to_owned()
///     }
/// }
///
/// const BETA: Flag<bool> = Flag::new("beta", false);
/// let flags = Loader::source(Shelf).start()?;
/// assert!(flags.is_on(&BETA, &Context::anonymous(&[])));
/// # Ok::<(), Error>(())
/// ```
pub trait Source: Send {
    /// Brings the content, or says that it is still the one of revision `since`: the revision of the content that was
    /// looked at last, whether it serves or was refused. `None` asks for the content whatever it is.
    ///
    /// # Errors
    /// [`Error::of_source`] with what went wrong, in one line and without secrets.
    fn fetch(&mut self, since: Option<&str>) -> Result<Fetch, Error>;

    /// What this source is, for status and logs. No secrets.
    fn describe(&self) -> String;

    /// Is given a handle by which the loader can be woken before its next poll. A source that can be told of changes
    /// keeps it; polling goes on even so.
    fn wake_by(&mut self, _waker: Waker) {}
}

/// What a source answered.
#[derive(Debug)]
pub enum Fetch {
    /// Nothing has changed.
    Unchanged,
    /// It is being changed, and not to be had as a whole: what serves is left as it is until the next look.
    Changing,
    /// The content now.
    Content(Content),
}

/// Wakes a loader before its next poll. Cheap to clone; harmless once the loader has ended.
#[derive(Clone, Debug)]
pub struct Waker(pub(super) Arc<Wake>);

impl Waker {
    /// Says that the source may have changed.
    pub fn wake(&self) {
        self.0.look();
    }
}

/// The text of a flag file and of the list files that it names.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub(super) text: Vec<u8>,
    pub(super) lists: BTreeMap<Box<str>, Result<Vec<u8>, String>>,
    pub(crate) revision: Option<Box<str>>,
    /// What it is called where there are several.
    name: Option<Box<str>>,
    /// Contents that are laid over this one, the last one topmost.
    over: Vec<Content>,
    /// What [`Content::fingerprint`] came to: it is asked for at every stage of a load, and is of all of the text.
    fingerprint: OnceLock<u128>,
}

impl Content {
    /// The content of a flag file.
    #[must_use]
    pub fn of(text: impl Into<Vec<u8>>) -> Content {
        Content { text: text.into(), ..Content::default() }
    }

    /// Adds the content of a list file, under the path by which the flag file names it.
    #[must_use]
    pub fn list(mut self, path: &str, text: impl Into<Vec<u8>>) -> Content {
        self.add_list(path, text);
        self
    }

    pub(super) fn add_list(&mut self, path: &str, text: impl Into<Vec<u8>>) {
        self.add_read_list(path.into(), Ok(text.into()));
    }

    /// Adds a list file, or why it could not be read.
    pub(super) fn add_read_list(&mut self, path: Box<str>, read: Result<Vec<u8>, String>) {
        self.lists.insert(path, read);
        self.fingerprint.take();
    }

    /// Names this revision of the content, for [`Source::fetch`]: an ETag, a version, a digest.
    #[must_use]
    pub fn revision(mut self, revision: &str) -> Content {
        self.revision = Some(revision.into());
        self
    }

    /// The paths of the list files that a flag file names: what a source should bring beside it.
    #[must_use]
    pub fn list_paths(text: &[u8]) -> Vec<Box<str>> {
        crate::resolve::list_paths(text).into_iter().collect()
    }

    /// Reads a flag file and the lists that it names, as they are now: for tools. A service follows a file with
    /// [`Loader::file`](crate::Loader::file).
    ///
    /// ```no_run
    /// let set = waterspout::Content::from_file("flags.json")?.read()?;
    /// println!("{} flags", set.flags().len());
    /// # Ok::<(), waterspout::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error`] if the flag file cannot be read, or is larger than 32 MiB. A list that cannot be read is told by
    /// [`Content::read`], at the place that names it.
    pub fn from_file(path: impl Into<std::path::PathBuf>) -> Result<Content, Error> {
        super::file::FileSource::new(path.into()).read_now()
    }

    /// The text of the flag file.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The text of a list file, if it is here.
    #[must_use]
    pub fn list_text(&self, path: &str) -> Option<&[u8]> {
        self.lists.get(path).and_then(|content| content.as_deref().ok())
    }

    /// Names this content, for findings where there are several.
    pub(super) fn named(mut self, name: &str) -> Content {
        self.name = Some(name.into());
        self
    }

    /// This content with another laid over it.
    pub(super) fn under(mut self, upper: Content) -> Content {
        self.over.push(upper);
        self.fingerprint.take();
        self
    }

    /// This content and those laid over it, the lowest first.
    pub(super) fn layers(&self) -> impl Iterator<Item = &Content> {
        std::iter::once(self).chain(&self.over)
    }

    /// What the content means.
    ///
    /// # Errors
    /// [`Error`] with a finding for each fault of the flag file and of its lists.
    pub fn read(&self) -> Result<FlagSet, Error> {
        self.read_layers(&Limits::default()).map(|(set, _)| set)
    }

    /// What the content means, and which flags stand in several layers.
    pub(super) fn read_layers(&self, limits: &Limits) -> Result<(FlagSet, Vec<Mismatch>), Error> {
        if self.over.is_empty() {
            return Ok((self.read_layer(limits)?, Vec::new()));
        }
        let mut findings = Vec::new();
        let mut sets = Vec::new();
        for layer in self.layers() {
            match layer.read_layer(limits) {
                Ok(set) => sets.push((layer, set)),
                Err(error) => findings.extend(error.diagnostics().iter().map(|finding| layer.own(finding))),
            }
        }
        if !findings.is_empty() {
            return Err(Error::refused(findings));
        }
        let mut sets = sets.into_iter();
        let mut clashes = Vec::new();
        let lowest = sets.next().map(|(_, set)| set).ok_or_else(|| Error::start("there is no layer"))?;
        let all = sets.try_fold(lowest, |lower, (layer, upper)| {
            let merged = merge::lay_over(lower, upper).map_err(|faults| Error::start(faults.join("\n")))?;
            let name = layer.name.as_deref().unwrap_or("the layer above");
            let clash = |key| Mismatch::Clash { key, layer: name.into() };
            clashes.extend(merged.clashes.into_iter().map(clash));
            Ok::<FlagSet, Error>(merged.set)
        })?;
        Ok((all, clashes))
    }

    /// A finding, with the name of the layer it is in.
    fn own(&self, finding: &Diagnostic) -> Diagnostic {
        let mut finding = finding.clone();
        let layer = self.name.as_deref().unwrap_or("the lowest layer");
        finding.list = Some(match &finding.list {
            Some(list) => format!("{layer}, list {list}").into(),
            None => layer.into(),
        });
        finding
    }

    fn read_layer(&self, limits: &Limits) -> Result<FlagSet, Error> {
        FlagSet::read_within(limits, &self.text, |list| match self.lists.get(list) {
            Some(content) => content.clone(),
            None => Err("there is no such list beside this text".to_owned()),
        })
    }

    /// SipHash-2-4-128 over everything, names and lengths included: equal content, equal fingerprint. Events and
    /// [`Status`](crate::Status) name content by it.
    #[must_use]
    pub fn fingerprint(&self) -> u128 {
        *self.fingerprint.get_or_init(|| {
            let mut hasher = hasher_of(&self.text);
            self.write_lists(&mut hasher);
            for layer in &self.over {
                hasher.write_u128(layer.fingerprint());
            }
            hasher.finish128().as_u128()
        })
    }

    pub(super) fn fingerprint_of_lists(&self) -> u128 {
        let mut hasher = hasher_of(&[]);
        self.write_lists(&mut hasher);
        hasher.finish128().as_u128()
    }

    fn write_lists(&self, hasher: &mut SipHasher24) {
        for (name, content) in &self.lists {
            write_bytes(hasher, name.as_bytes());
            match content {
                Ok(bytes) => write_bytes(hasher, bytes),
                Err(why) => write_bytes(hasher, why.as_bytes()),
            }
        }
    }
}

/// The fingerprint of a text alone.
pub(super) fn fingerprint_of(text: &[u8]) -> u128 {
    hasher_of(text).finish128().as_u128()
}

fn hasher_of(text: &[u8]) -> SipHasher24 {
    let mut hasher = SipHasher24::new_with_key(b"waterspout/files");
    write_bytes(&mut hasher, text);
    hasher
}

fn write_bytes(hasher: &mut SipHasher24, bytes: &[u8]) {
    hasher.write_u64(bytes.len() as u64);
    hasher.write(bytes);
}

impl From<&str> for Content {
    fn from(text: &str) -> Content {
        Content::of(text)
    }
}

impl From<String> for Content {
    fn from(text: String) -> Content {
        Content::of(text)
    }
}

/// A text that never changes by itself.
pub(super) struct FixedText(pub(super) String);

impl Source for FixedText {
    fn fetch(&mut self, since: Option<&str>) -> Result<Fetch, Error> {
        if since.is_some() {
            return Ok(Fetch::Unchanged);
        }
        Ok(Fetch::Content(Content::of(self.0.as_str()).revision("as given")))
    }

    fn describe(&self) -> String {
        "a text".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_of_all_that_a_content_has_come_to_hold() {
        let whole = |asked: bool| {
            let ask = |content: Content| {
                if asked {
                    let _ = content.fingerprint();
                }
                content
            };
            let lower = ask(ask(Content::of("{}")).list("a.txt", "ada\n"));
            [lower.clone(), lower.under(Content::of("{ }"))].map(|content| content.fingerprint())
        };
        assert_eq!(whole(true), whole(false));
    }
}
