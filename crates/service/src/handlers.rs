//! What the service does. Each handler asks before and after it waits, and gets both answers from one publication.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Json, Response};
use serde::Serialize;

use crate::flags::{BANNER, NEW_CHECKOUT, ORDERS_DB, PAYMENT_RETRIES, UPLOAD_LIMITS};
use crate::request::RequestFlags;

/// Whatever a real service would call. This one only takes its time.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    pub takes: Duration,
}

impl Backend {
    async fn answers(self) {
        tokio::time::sleep(self.takes).await;
    }
}

#[derive(Serialize)]
struct Checkout<'f> {
    page: &'static str,
    orders_db: &'f str,
    payment_retries: i64,
    banner: &'f str,
    generations: [u64; 2],
}

/// The checkout page. What it answers borrows from the flags, so it is written out in here.
pub async fn checkout(flags: RequestFlags, State(backend): State<Backend>) -> Response {
    let page = if flags.value(&NEW_CHECKOUT) { "new" } else { "old" };
    let orders_db = flags.value(&ORDERS_DB);
    let before = flags.generation();

    backend.answers().await; // the order is written to `orders_db`

    let payment_retries = flags.value(&PAYMENT_RETRIES);
    let banner = flags.value(&BANNER);
    let generations = [before, flags.generation()];
    Json(Checkout { page, orders_db, payment_retries, banner, generations }).into_response()
}

#[derive(Serialize)]
struct UploadLimits<'f> {
    limits: &'f waterspout::Json,
    banner: &'f str,
    generations: [u64; 2],
}

/// What the user may upload.
pub async fn upload_limits(flags: RequestFlags, State(backend): State<Backend>) -> Response {
    let limits = flags.value(&UPLOAD_LIMITS);
    let before = flags.generation();

    backend.answers().await; // what is used up already

    let banner = flags.value(&BANNER);
    let generations = [before, flags.generation()];
    Json(UploadLimits { limits, banner, generations }).into_response()
}
