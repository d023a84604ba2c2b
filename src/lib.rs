//! x
mod address;
mod answer;
mod bucket;
mod compile;
mod context;
mod diagnostic;
mod document;
mod error;
mod evaluate;
mod explain;
mod facts;
mod flag;
pub mod flag_set;
#[cfg(feature = "test-util")]
mod force;
mod json;
mod key;
mod key_list;
mod live;
mod loader;
mod observe;
mod resolve;
mod snapshot;
mod time;
mod value;
mod version;
pub use address::Block;
pub use answer::{Answer, ErrorCode, Reason, RuleName};
pub use context::{
    Attribute, AttributeKind, AttributeType, AttributeValue, Context, IntoAttribute, OwnedContext,
};
pub use diagnostic::{Diagnostic, Severity};
pub use error::Error;
pub use explain::{Draw, ExplainedTest, Explanation, SplitDraw, Stage};
pub use facts::{FactFault, Facts};
pub use flag::{Declaration, Declared, Flag};
#[cfg(feature = "test-util")]
pub use force::Forced;
pub use json::{Json, JsonNumber};
pub use key::{FlagKey, InvalidName};
pub use live::{Flags, Reader, View};
pub use loader::{Event, Loader, Origin, Status};
pub use snapshot::Snapshot;
pub use time::Time;
pub use value::{FlagType, Kind, Value};
pub use version::Version;
