//! A forced answer that is a number.

#[derive(Clone, Copy, Debug)]
pub struct ForcedAnswer(pub u64);
