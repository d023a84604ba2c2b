//! How much a flag file and its lists may hold.

/// The most that is read of a flag file and its lists. More is refused, and what served before still does.
///
/// Each can be raised: a service that does so gives up that its file passes everywhere else.
///
/// ```no_run
/// use waterspout::{Limits, Loader};
///
/// let limits = Limits { keys: 50_000_000, ..Limits::default() };
/// let flags = Loader::file("flags.json").limits(limits).start()?;
/// # Ok::<(), waterspout::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest flag file, in bytes: 32 MiB.
    pub file: u64,
    /// The largest list file, in bytes: 256 MiB.
    pub list: u64,
    /// The most flags of a flag file: 100,000.
    pub flags: usize,
    /// The most entries of all lists of a flag file together: 10,000,000.
    pub keys: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { file: 32 << 20, list: 256 << 20, flags: 100_000, keys: 10_000_000 }
    }
}
