//! Where in a file a finding stands.

use std::ops::Range;

/// A place in a flag file or in a list file it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The list file, as the flag file names it; `None` in the flag file itself.
    pub list: Option<Box<str>>,
    /// A JSON Pointer (RFC 6901) into the flag file; empty for the whole of it.
    pub path: Box<str>,
    /// The bytes it covers.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}
