//! Sources made of sources: the first that answers, and one laid over another.

use super::source::{Content, Fetch, Source, Waker};
use crate::error::Error;

/// The first source that answers: mirrors of one content, the nearest first.
///
/// All are asked in order at every look, so a source that is well again takes its place back. A later source should hold
/// what the earlier ones do, for what it holds is published when they fail.
///
/// ```no_run
/// use waterspout::{Chain, Loader, Source};
/// # fn over_http(_: &str) -> impl Source + 'static { Chain::new() }
///
/// let chain = Chain::new().or(over_http("https://flags.internal/current")).or_file("/mnt/mirror/flags.json");
/// let flags = Loader::source(chain).start()?;
/// # Ok::<(), waterspout::Error>(())
/// ```
#[derive(Default)]
pub struct Chain {
    sources: Vec<Box<dyn Source>>,
}

impl Chain {
    /// A chain without a source: it never answers.
    #[must_use]
    pub fn new() -> Chain {
        Chain::default()
    }

    /// Adds a source, asked when those before it fail.
    #[must_use]
    pub fn or(mut self, source: impl Source + 'static) -> Chain {
        self.sources.push(Box::new(source));
        self
    }

    /// Adds a flag file and the lists beside it.
    #[must_use]
    pub fn or_file(self, path: impl Into<std::path::PathBuf>) -> Chain {
        self.or(super::file::FileSource::new(path.into()))
    }
}

impl Source for Chain {
    fn fetch(&mut self, since: Option<&str>) -> Result<Fetch, Error> {
        let mut errors = Vec::new();
        for (index, source) in self.sources.iter_mut().enumerate() {
            let own = since.and_then(|since| since.strip_prefix(&format!("{index}:")));
            match super::follow::fetch(&mut **source, own) {
                Ok(Fetch::Content(content)) => {
                    return Ok(Fetch::Content(marked(content, &index.to_string())));
                }
                Ok(other) => return Ok(other),
                Err(error) => errors.push(format!("{}: {error}", source.describe())),
            }
        }
        Err(Error::of_source(if errors.is_empty() {
            "no source to ask".to_owned()
        } else {
            errors.join("; ")
        }))
    }

    fn describe(&self) -> String {
        let names: Vec<String> = self.sources.iter().map(|source| source.describe()).collect();
        names.join(", else ")
    }

    fn wake_by(&mut self, waker: Waker) {
        self.sources.iter_mut().for_each(|source| source.wake_by(waker.clone()));
    }
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chain({})", self.describe())
    }
}

/// Content whose revision also says which source it is of.
fn marked(content: Content, mark: &str) -> Content {
    let revision = content.revision.as_deref().map(|revision| format!("{mark}:{revision}"));
    match revision {
        Some(revision) => content.revision(&revision),
        None => content,
    }
}

/// Sources laid over each other: every flag file is right for itself, and of a flag that stands in several the last one's
/// counts.
///
/// Attributes are shared by name and must be declared alike; segments are each file's own. A flag that stands in several
/// is told as a mismatch, since whoever edits the one should know of the other. If one source fails, all of it does.
///
/// ```no_run
/// use waterspout::{Loader, Overlay};
///
/// let flags = Loader::source(Overlay::file("company.json").over_file("team.json")).start()?;
/// # Ok::<(), waterspout::Error>(())
/// ```
pub struct Overlay {
    layers: Vec<Layer>,
    /// Whether some layer brought something that was not handed on yet: another may have failed in that look.
    fresh: bool,
}

struct Layer {
    source: Box<dyn Source>,
    /// What it brought last: asked for again only when it changes.
    content: Option<Content>,
}

impl Overlay {
    /// The lowest layer.
    #[must_use]
    pub fn source(source: impl Source + 'static) -> Overlay {
        Overlay { layers: vec![Layer { source: Box::new(source), content: None }], fresh: true }
    }

    /// The lowest layer, from a file.
    #[must_use]
    pub fn file(path: impl Into<std::path::PathBuf>) -> Overlay {
        Overlay::source(super::file::FileSource::new(path.into()))
    }

    /// Lays a source over those before it.
    #[must_use]
    pub fn over(mut self, source: impl Source + 'static) -> Overlay {
        self.layers.push(Layer { source: Box::new(source), content: None });
        self
    }

    /// Lays a flag file over the sources before it.
    #[must_use]
    pub fn over_file(self, path: impl Into<std::path::PathBuf>) -> Overlay {
        self.over(super::file::FileSource::new(path.into()))
    }
}

impl Source for Overlay {
    fn fetch(&mut self, since: Option<&str>) -> Result<Fetch, Error> {
        self.fresh |= since.is_none();
        for layer in &mut self.layers {
            let own = layer.content.as_ref().and_then(|content| content.revision.as_deref());
            let fetched = super::follow::fetch(&mut *layer.source, own);
            let named = |error: Error| Error::of_source(format!("{}: {error}", layer.source.describe()));
            match fetched.map_err(named)? {
                Fetch::Content(content) => {
                    layer.content = Some(content.named(&layer.source.describe()));
                    self.fresh = true;
                }
                Fetch::Unchanged => {}
                Fetch::Changing => return Ok(Fetch::Changing),
            }
        }
        let mut contents = self.layers.iter().filter_map(|layer| layer.content.clone());
        let fresh = std::mem::take(&mut self.fresh);
        let Some(lowest) = contents.next().filter(|_| fresh) else { return Ok(Fetch::Unchanged) };
        let all = contents.fold(lowest, Content::under);
        let revision = format!("{:032x}", all.fingerprint());
        Ok(if since == Some(revision.as_str()) {
            Fetch::Unchanged
        } else {
            Fetch::Content(all.revision(&revision))
        })
    }

    fn describe(&self) -> String {
        let names: Vec<String> = self.layers.iter().map(|layer| layer.source.describe()).collect();
        names.join(" under ")
    }

    fn wake_by(&mut self, waker: Waker) {
        self.layers.iter_mut().for_each(|layer| layer.source.wake_by(waker.clone()));
    }
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Overlay({})", self.describe())
    }
}
