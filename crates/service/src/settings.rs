//! What the environment sets.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tracing_subscriber::filter::Targets;

use crate::handlers::Backend;

/// The settings of one process. The table in the crate's documentation says what is taken where nothing is set.
#[derive(Debug)]
pub struct Settings {
    pub listen: SocketAddr,
    pub environment: String,
    pub flags_file: PathBuf,
    pub flags_last_good: Option<PathBuf>,
    pub flags_poll: Duration,
    pub backend: Backend,
    pub log: Targets,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// A sentence that names the variable whose value cannot be used.
    pub fn from_environment() -> Result<Settings, String> {
        let in_repository = concat!(env!("CARGO_MANIFEST_DIR"), "/flags.json");
        Ok(Settings {
            listen: variable("LISTEN", "127.0.0.1:3000")?,
            environment: variable("ENVIRONMENT", "development")?,
            flags_file: variable("FLAGS_FILE", in_repository)?,
            flags_last_good: env::var_os("FLAGS_LAST_GOOD").map(PathBuf::from),
            flags_poll: Duration::from_millis(variable("FLAGS_POLL_MS", "1000")?),
            backend: Backend { takes: Duration::from_millis(variable("BACKEND_MS", "20")?) },
            log: variable("LOG", "info")?,
        })
    }
}

fn variable<T: FromStr>(name: &str, left_out: &str) -> Result<T, String> {
    let text = match env::var(name) {
        Ok(text) => text,
        Err(env::VarError::NotPresent) => left_out.to_owned(),
        Err(error) => return Err(format!("{name}: {error}")),
    };
    text.parse().map_err(|_| format!("{name}: `{text}` cannot be used; left out, it is `{left_out}`"))
}
