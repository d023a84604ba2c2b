//! One view and one context for each request: the layer that takes them, and the extractor by which a handler asks.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use tower::{Layer, Service};
use waterspout::{Flag, FlagType, Flags, OwnedContext, View};

use crate::{context, exposure};

/// The flags, as one request sees them from its first moment to its last.
///
/// A clone is the same request: a task that it spawns may take one along.
#[derive(Clone, Debug)]
pub struct RequestFlags(Arc<Taken>);

/// What was taken when the request came.
#[derive(Debug)]
struct Taken {
    view: View,
    context: OwnedContext,
    /// The flags whose answer is logged already.
    exposed: Mutex<Vec<&'static str>>,
}

impl RequestFlags {
    /// Takes the flags that serve now.
    pub fn new(flags: &Flags, context: OwnedContext) -> RequestFlags {
        RequestFlags(Arc::new(Taken { view: flags.view(), context, exposed: Mutex::default() }))
    }

    /// What a flag answers for whoever sent this request. Borrowed values live as long as `self`, across `.await`s.
    pub fn value<T: FlagType + ?Sized>(&self, flag: &Flag<T>) -> T::Value<'_> {
        let Taken { view, context, exposed } = &*self.0;
        let context = context.borrow();
        let answer = view.answer(flag, &context);
        let key = flag.key().as_str();
        // A thread that panicked here left a whole list behind.
        let mut exposed = exposed.lock().unwrap_or_else(PoisonError::into_inner);
        if !exposed.contains(&key) {
            exposed.push(key);
            exposure::log(&answer, &context);
        }
        answer.value
    }

    /// Which publication answers.
    pub fn generation(&self) -> u64 {
        self.0.view.generation()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestFlags {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<RequestFlags, Self::Rejection> {
        let taken = parts.extensions.get().cloned();
        taken.ok_or((StatusCode::INTERNAL_SERVER_ERROR, "this route lacks the layer that takes the flags\n"))
    }
}

/// Takes a view and a context for each request.
#[derive(Clone, Debug)]
pub struct TakeFlags(pub Flags);

impl<S> Layer<S> for TakeFlags {
    type Service = TakingFlags<S>;

    fn layer(&self, inner: S) -> TakingFlags<S> {
        TakingFlags { flags: self.0.clone(), inner }
    }
}

/// A service behind [`TakeFlags`].
#[derive(Clone, Debug)]
pub struct TakingFlags<S> {
    flags: Flags,
    inner: S,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for TakingFlags<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let context = context::of(request.headers(), peer);
        request.extensions_mut().insert(RequestFlags::new(&self.flags, context));
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use tracing_subscriber::fmt;
    use waterspout::Context;

    use super::*;
    use crate::flags::{BANNER, PAYMENT_RETRIES};

    const TEXT: &str = r#"{"version": 1, "flags": {
        "payment-retry-limit": {"variants": {"few": 3}, "default": "few"},
        "banner": {"variants": {"none": ""}, "default": "none", "rules": [{"name": "words", "serve": "none"}]}}}"#;

    /// A log that can be read.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(run: impl FnOnce()) -> Vec<String> {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = fmt().with_writer(move || writer.clone()).without_time().with_ansi(false).finish();
        tracing::subscriber::with_default(subscriber, run);
        let bytes = log.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn an_answer_is_logged_once_for_each_flag_and_request() {
        let flags = Flags::from_text(TEXT).unwrap();
        let lines = logged(|| {
            for user in ["ada", "bo\nb"] {
                let request = RequestFlags::new(&flags, OwnedContext::new(user));
                for _ in 0..3 {
                    assert_eq!(request.value(&PAYMENT_RETRIES), 3);
                    assert_eq!(request.clone().value(&BANNER), "");
                }
            }
        });
        let of = |key: &str| {
            [
                format!(
                    r#"INFO exposure: flag="payment-retry-limit" key="{key}" variant="few" reason="STATIC" generation=1"#
                ),
                format!(
                    r#"INFO exposure: flag="banner" key="{key}" variant="none" reason="TARGETING_MATCH" rule=0 rule_name="words" generation=1"#
                ),
            ]
        };
        assert_eq!(lines, [of("ada"), of(r"bo\nb")].concat());
    }

    #[test]
    fn a_flag_that_is_gone_is_a_warning_and_the_default() {
        let flags = Flags::from_text(r#"{"version": 1, "flags": {}}"#).unwrap();
        let request = RequestFlags::new(&flags, OwnedContext::anonymous());
        let lines = logged(|| assert_eq!(request.value(&PAYMENT_RETRIES), PAYMENT_RETRIES.default()));
        assert_eq!(lines, [r#"WARN exposure: FLAG_NOT_FOUND flag="payment-retry-limit" generation=1"#]);
    }

    #[test]
    fn a_request_stays_with_the_flags_that_it_took() {
        let flags = Flags::from_text(TEXT).unwrap();
        let request = RequestFlags::new(&flags, OwnedContext::anonymous());
        flags.install(waterspout::Content::of(TEXT.replace('3', "7"))).unwrap();
        assert_eq!((request.value(&PAYMENT_RETRIES), request.generation()), (3, 1));
        assert_eq!(flags.view().value(&PAYMENT_RETRIES, &Context::anonymous(&[])), 7);
    }
}
