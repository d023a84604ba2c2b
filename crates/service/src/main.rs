//! Reads the settings, loads the flags, serves until it is told to end.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use waterspout_service::settings::Settings;
use waterspout_service::{load, server};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let settings = Settings::from_environment()?;
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false);
    tracing_subscriber::registry().with(lines).with(settings.log.clone()).init();
    // It may wait for the file, so it comes before the runtime.
    let flags = load::start(&settings)?;
    Runtime::new()?.block_on(async {
        let told_to_end = server::told_to_end()?;
        let listener = TcpListener::bind(settings.listen).await?;
        server::serve(listener, flags, settings.backend, told_to_end).await
    })?;
    Ok(())
}
