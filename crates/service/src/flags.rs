//! The flags and attributes that the code counts on.
//!
//! A flag's default is what the code does where no file gives an answer: the careful thing.

use std::net::IpAddr;

use waterspout::{Attribute, Declared, Flag, Json, Version};

pub const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
pub const ORDERS_DB: Flag<str> = Flag::new("orders-db", "orders-2019");
pub const PAYMENT_RETRIES: Flag<i64> = Flag::new("payment-retry-limit", 1);
pub const BANNER: Flag<str> = Flag::new("banner", "");
pub const UPLOAD_LIMITS: Flag<Json> = Flag::new("upload-limits", &Json::Null);

pub const ENVIRONMENT: Attribute<str> = Attribute::new("environment");
pub const COUNTRY: Attribute<str> = Attribute::new("country");
pub const APP_VERSION: Attribute<Version> = Attribute::new("app_version");
pub const IP: Attribute<IpAddr> = Attribute::new("ip");

/// All of the above: a start checks them against the file.
pub static ALL: &[&dyn Declared] = &[
    &NEW_CHECKOUT,
    &ORDERS_DB,
    &PAYMENT_RETRIES,
    &BANNER,
    &UPLOAD_LIMITS,
    &ENVIRONMENT,
    &COUNTRY,
    &APP_VERSION,
    &IP,
];
