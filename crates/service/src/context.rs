//! Who is asking: what the headers of a request say.
//!
//! They are believed: the edge in front of this service sets them, and drops what clients send of them.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use waterspout::OwnedContext;

use crate::flags::{APP_VERSION, COUNTRY, IP};

/// The user who is signed in.
const USER: &str = "x-user-id";

/// A visitor who is not, by a random id: one browser keeps its place in a rollout.
const VISITOR: &str = "visitor";

/// The context of a request. Whatever is missing or unreadable counts as missing.
pub fn of(headers: &HeaderMap, peer: Option<IpAddr>) -> OwnedContext {
    let user = header(headers, USER).filter(|user| !user.is_empty());
    let key = user.or_else(|| cookie(headers, VISITOR).filter(|visitor| !visitor.is_empty()));
    let context = key.map_or_else(OwnedContext::anonymous, OwnedContext::new);
    context
        .with(COUNTRY.maybe(header(headers, "x-country")))
        .with(APP_VERSION.maybe(header(headers, "x-app-version")))
        .with(IP.maybe(client(headers).or(peer)))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(given, _)| *given == name).map(|(_, value)| value)
}

/// Each proxy adds the address that it saw. The last one was added by our own edge; those before it are hearsay.
fn client(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").into_iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use waterspout::{Flag, Flags};

    use super::*;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        // Unlike inserting, collecting keeps a header that stands twice.
        given.iter().map(pair).collect()
    }

    fn key(given: &[(&'static str, &'static str)]) -> Option<String> {
        of(&headers(given), None).borrow().targeting_key().map(str::to_owned)
    }

    #[test]
    fn the_user_is_the_key_and_a_visitor_where_nobody_is_signed_in() {
        let is = |given: &[(&'static str, &'static str)], expected: Option<&str>| {
            assert_eq!(key(given).as_deref(), expected, "{given:?}");
        };
        is(&[("x-user-id", "ada"), ("cookie", "visitor=v1")], Some("ada"));
        is(&[("cookie", "theme=dark; visitor=v1; visitor=v2")], Some("v1"));
        is(&[("cookie", "theme=dark"), ("cookie", "visitor=v3")], Some("v3"));
        is(&[("x-user-id", ""), ("cookie", "visitor=v4")], Some("v4"));
        is(&[("cookie", "xvisitor=v1; visitor=")], None);
        is(&[], None);
    }

    #[test]
    fn the_address_is_what_our_edge_saw_or_the_peer() {
        const INSIDE: Flag<bool> = Flag::new("inside", false);
        let flags = Flags::from_text(
            r#"{"version": 1, "attributes": {"ip": {"type": "ip"}},
                "flags": {"inside": {"rules": [{"when": {"ip": {"within": ["192.0.2.7"]}}}]}}}"#,
        )
        .unwrap();
        let inside = |forwarded: &[&'static str], peer: &str| {
            let forwarded: Vec<_> = forwarded.iter().map(|line| ("x-forwarded-for", *line)).collect();
            flags.is_on(&INSIDE, &of(&headers(&forwarded), peer.parse().ok()).borrow())
        };
        assert!(inside(&[], "192.0.2.7"));
        assert!(inside(&["10.0.0.1, 192.0.2.7"], "10.0.0.9"));
        assert!(inside(&["10.0.0.1", "::ffff:192.0.2.7"], "10.0.0.9"));
        assert!(!inside(&["192.0.2.7, 10.0.0.1"], "192.0.2.7"));
        assert!(!inside(&[], "unknown"));
    }
}
