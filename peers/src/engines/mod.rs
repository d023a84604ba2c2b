//! The evaluators, a file each.

#[cfg(feature = "configcat")]
pub mod configcat;
#[cfg(feature = "eppo")]
pub mod eppo;
#[cfg(feature = "feature-flag")]
pub mod feature_flag;
#[cfg(feature = "featureflag")]
pub mod featureflag;
#[cfg(feature = "flagd")]
pub mod flagd;
#[cfg(feature = "flagsmith")]
pub mod flagsmith;
#[cfg(feature = "growthbook")]
pub mod growthbook;
#[cfg(feature = "launchdarkly")]
pub mod launchdarkly;
pub mod nothing;
#[cfg(feature = "optimizely")]
pub mod optimizely;
#[cfg(feature = "posthog")]
pub mod posthog;
#[cfg(feature = "sentry-options")]
pub mod sentry_options;
#[cfg(feature = "statsig")]
pub mod statsig;
pub mod waterspout;
#[cfg(feature = "yggdrasil")]
pub mod yggdrasil;

/// Calls a macro with every engine that was compiled in: this library first, by handle and by string key before its other
/// ways.
#[macro_export]
macro_rules! for_each_engine {
    ($call:ident) => {
        $call!($crate::engines::waterspout::ByHandle);
        $call!($crate::engines::waterspout::ByKey);
        $call!($crate::engines::waterspout::WithoutReader);
        #[cfg(feature = "yggdrasil")]
        $call!($crate::engines::yggdrasil::Yggdrasil);
        #[cfg(feature = "eppo")]
        $call!($crate::engines::eppo::Eppo);
        #[cfg(feature = "launchdarkly")]
        $call!($crate::engines::launchdarkly::LaunchDarkly);
        #[cfg(feature = "configcat")]
        $call!($crate::engines::configcat::ConfigCat);
        #[cfg(feature = "optimizely")]
        $call!($crate::engines::optimizely::Optimizely);
        #[cfg(feature = "posthog")]
        $call!($crate::engines::posthog::PostHog);
        #[cfg(feature = "statsig")]
        $call!($crate::engines::statsig::StatsigServer);
        #[cfg(feature = "feature-flag")]
        $call!($crate::engines::feature_flag::FeatureFlag);
        #[cfg(feature = "sentry-options")]
        $call!($crate::engines::sentry_options::SentryOptions);
        #[cfg(feature = "growthbook")]
        $call!($crate::engines::growthbook::Borrowed);
        #[cfg(feature = "growthbook")]
        $call!($crate::engines::growthbook::Client);
        #[cfg(feature = "flagd")]
        $call!($crate::engines::flagd::Flagd);
        #[cfg(feature = "flagsmith")]
        $call!($crate::engines::flagsmith::Flagsmith);
        #[cfg(feature = "featureflag")]
        $call!($crate::engines::featureflag::FeatureFlagFacade);
    };
}

/// The outcome of an async call that has nothing to wait for.
#[cfg(any(feature = "configcat", feature = "growthbook"))]
pub fn ready<F: Future>(call: F) -> F::Output {
    let mut call = std::pin::pin!(call);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match call.as_mut().poll(&mut context) {
        std::task::Poll::Ready(outcome) => outcome,
        std::task::Poll::Pending => {
            panic!("the engine waits for something that the harness does not give it")
        }
    }
}
