//! The evaluators, a file each.

#[cfg(feature = "eppo")]
pub mod eppo;
#[cfg(feature = "launchdarkly")]
pub mod launchdarkly;
pub mod waterspout;
#[cfg(feature = "yggdrasil")]
pub mod yggdrasil;

/// Calls a macro with every engine that was compiled in, this library first.
#[macro_export]
macro_rules! for_each_engine {
    ($call:ident) => {
        $call!($crate::engines::waterspout::ByHandle);
        $call!($crate::engines::waterspout::ByKey);
        #[cfg(feature = "yggdrasil")]
        $call!($crate::engines::yggdrasil::Yggdrasil);
        #[cfg(feature = "eppo")]
        $call!($crate::engines::eppo::Eppo);
        #[cfg(feature = "launchdarkly")]
        $call!($crate::engines::launchdarkly::LaunchDarkly);
    };
}
