//! The real service, asked over real connections while its flag file changes under it.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Nothing that is waited for takes longer, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(20);

const CONNECTIONS: u64 = 8;
const REQUESTS: u64 = 10_000;

/// A flag file in which every flag says the same number, and only that.
fn flag_file(identity: u64) -> String {
    format!(
        r#"{{
  "version": 1,
  "attributes": {{
    "environment": {{ "type": "string", "fact": true }},
    "country": {{ "type": "string" }}, "app_version": {{ "type": "version" }}, "ip": {{ "type": "ip" }}
  }},
  "flags": {{
    "new-checkout": {{ "default": "{on}" }},
    "orders-db": {{ "variants": {{ "it": "db-{identity}" }}, "default": "it" }},
    "payment-retry-limit": {{ "variants": {{ "it": {identity} }}, "default": "it" }},
    "banner": {{ "variants": {{ "it": "banner-{identity}" }}, "default": "it" }},
    "upload-limits": {{ "variants": {{ "it": {{ "max_mb": {identity} }} }}, "default": "it" }}
  }}
}}"#,
        on = if identity.is_multiple_of(2) { "on" } else { "off" }
    )
}

/// Writes a new file beside the old one and renames it over.
fn put(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(&beside, path).unwrap();
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("http").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The service as a process of its own, killed when it is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    log: Mutex<Receiver<String>>,
}

impl Server {
    fn start(folder: &Path, variables: &[(&str, &str)]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waterspout-service"));
        command.env("LISTEN", "127.0.0.1:0").env("FLAGS_FILE", folder.join("flags.json"));
        command.env("FLAGS_LAST_GOOD", folder.join("flags.last"));
        command.env("FLAGS_POLL_MS", "10").env("ENVIRONMENT", "production");
        let mut child = command.envs(variables.iter().copied()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (send, log) = mpsc::channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut server = Server { child, address, log: Mutex::new(log) };
        let listening = server.logged("listening on ");
        server.address = listening.rsplit(' ').next().unwrap().parse().unwrap();
        server
    }

    /// The next line of the log that says this.
    fn logged(&self, words: &str) -> String {
        let log = self.log.lock().unwrap();
        let mut before = Vec::new();
        loop {
            match log.recv_timeout(DEADLINE) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => before.push(line),
                Err(error) => panic!("never logged: {words} ({error})\n{}", before.join("\n")),
            }
        }
    }

    fn connect(&self) -> Connection {
        Connection::open(self.address).unwrap()
    }

    fn health(&self) -> Value {
        let (status, body) = self.connect().get("/healthz", "");
        assert_eq!(status, 200, "{body}");
        body
    }

    fn wait_for_health(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let health = self.health();
            if is(&health) {
                return health;
            }
            assert!(Instant::now() < deadline, "never {what}: {health}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept open from request to request.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        Ok(Connection(BufReader::new(stream)))
    }

    fn get(&mut self, path: &str, headers: &str) -> (u16, Value) {
        self.ask(path, headers);
        self.answer()
    }

    fn ask(&mut self, path: &str, headers: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
    }

    fn answer(&mut self) -> (u16, Value) {
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = 0;
        loop {
            let line = self.line().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        assert!(line.ends_with("\r\n"), "cut off: {line:?}");
        line.trim_end().to_owned()
    }
}

/// The one generation and the one identity that a response shows; panics if it shows two of either.
fn seen_in(path: &str, (status, body): (u16, Value)) -> (u64, u64) {
    assert_eq!(status, 200, "{path}: {body}");
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{body}"));
    let (before, after) = (number(&body["generations"][0]), number(&body["generations"][1]));
    assert_eq!(before, after, "{body}");
    let identity = match path {
        "/checkout" => {
            let identity = number(&body["payment_retries"]);
            assert_eq!(body["orders_db"], format!("db-{identity}"), "{body}");
            assert_eq!(body["page"], if identity.is_multiple_of(2) { "new" } else { "old" }, "{body}");
            identity
        }
        _ => number(&body["limits"]["max_mb"]),
    };
    assert_eq!(body["banner"], format!("banner-{identity}"), "{body}");
    (before, identity)
}

#[test]
fn ten_thousand_requests_never_see_two_editions_of_the_flags_at_once() {
    let folder = folder("storm");
    let path = folder.join("flags.json");
    put(&path, &flag_file(0));
    let server = Server::start(&folder, &[("BACKEND_MS", "1"), ("LOG", "info,exposure=off")]);
    let done = AtomicBool::new(false);
    let start = Instant::now();
    let (written, seen) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0;
            while !done.load(Ordering::SeqCst) {
                written += 1;
                put(&path, &flag_file(written));
                thread::sleep(Duration::from_millis(4));
            }
            written
        });
        let watcher = scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let health = server.health();
                assert_eq!(
                    (&health["stale"], &health["origin"]),
                    (&false.into(), &"source".into()),
                    "{health}"
                );
                thread::sleep(Duration::from_millis(50));
            }
        });
        let asker = |_| {
            scope.spawn(|| {
                let mut connection = server.connect();
                let mut seen = Vec::new();
                for number in 0..REQUESTS / CONNECTIONS {
                    let path = if number.is_multiple_of(3) { "/upload-limits" } else { "/checkout" };
                    let (generation, identity) = seen_in(path, connection.get(path, "x-user-id: ada\r\n"));
                    let last = seen.last().map_or(0, |(last, _)| *last);
                    assert!(last <= generation, "{generation} after {last}");
                    seen.push((generation, identity));
                }
                seen
            })
        };
        let askers: Vec<_> = (0..CONNECTIONS).map(asker).collect();
        let seen: Vec<_> = askers.into_iter().map(|asker| asker.join()).collect();
        // Whatever was found, the others must end.
        done.store(true, Ordering::SeqCst);
        let seen: Vec<(u64, u64)> = seen.into_iter().flat_map(|seen| seen.unwrap()).collect();
        watcher.join().unwrap();
        (writer.join().unwrap(), seen)
    });
    let took = start.elapsed();
    assert_eq!(seen.len() as u64, REQUESTS);
    let mut editions = BTreeMap::new();
    for (generation, identity) in seen {
        let known = *editions.entry(generation).or_insert(identity);
        assert_eq!(known, identity, "generation {generation} is one edition");
    }
    assert!(editions.len() >= 20, "{} generations seen", editions.len());
    let in_order: Vec<&u64> = editions.values().collect();
    assert!(in_order.is_sorted(), "a later generation is a later edition: {editions:?}");
    println!(
        "{REQUESTS} requests in {took:.1?}; {written} editions written, {} generations seen, the last is {:?}",
        editions.len(),
        editions.last_key_value()
    );
}

#[test]
fn a_broken_file_keeps_serving_and_shows_in_the_health() {
    let folder = folder("broken");
    let path = folder.join("flags.json");
    put(&path, &flag_file(7));
    let server = Server::start(&folder, &[("BACKEND_MS", "0")]);
    let mut connection = server.connect();
    let well = server.health();
    assert_eq!(well["stale"], false, "{well}");
    assert_eq!(
        (well["generation"].as_u64(), well["flags"].as_u64(), &well["origin"], &well["following"]),
        (Some(1), Some(5), &"source".into(), &true.into()),
        "{well}"
    );
    assert!(well["last_error"].is_null() && well["age_seconds"].as_f64().unwrap() >= 0.0, "{well}");

    put(&path, "{\"version\": 1, \"flags\": {\"banner\": {\"rolout\": 5}}}");
    let broken = server.wait_for_health("stale", |health| health["stale"] == true);
    assert!(broken["last_error"].as_str().unwrap().contains("rolout"), "{broken}");
    assert_eq!((&broken["generation"], &broken["following"]), (&1.into(), &true.into()), "{broken}");
    assert_eq!(broken["fingerprint"], well["fingerprint"]);
    assert_eq!(seen_in("/checkout", connection.get("/checkout", "")), (1, 7));
    assert!(server.logged("rolout").contains("ERROR"));

    fs::remove_file(&path).unwrap();
    server.wait_for_health("gone", |health| !health["last_error"].as_str().unwrap().contains("rolout"));
    assert_eq!(seen_in("/upload-limits", connection.get("/upload-limits", "")), (1, 7));

    put(&path, &flag_file(8));
    let mended = server.wait_for_health("mended", |health| health["stale"] == false);
    assert_eq!((&mended["generation"], &mended["last_error"]), (&2.into(), &Value::Null), "{mended}");
    assert_eq!(seen_in("/checkout", connection.get("/checkout", "")), (2, 8));

    // A flag less: it serves, since the next edit may be a kill switch, and it is told.
    put(&path, &flag_file(9).replace("\"orders-db\"", "\"orders-db-2\""));
    let lacking = server.wait_for_health("lacking", |health| health["generation"] == 3);
    assert!(lacking["mismatches"].to_string().contains("`orders-db`"), "{lacking}");
    assert_eq!(connection.get("/checkout", "").1["orders_db"], "orders-2019");
}

#[test]
fn a_start_without_a_good_file_falls_back() {
    let folder = folder("start");
    let path = folder.join("flags.json");
    // Nothing at all: the text that is built in.
    let server = Server::start(&folder, &[]);
    let health = server.health();
    assert_eq!((&health["origin"], &health["stale"]), (&"built-in".into(), &true.into()), "{health}");
    assert_eq!(server.connect().get("/checkout", "").1["payment_retries"], 3);
    put(&path, &flag_file(5));
    server.wait_for_health("from the file", |health| health["origin"] == "source");
    assert_eq!(seen_in("/checkout", server.connect().get("/checkout", "")), (2, 5));
    drop(server);
    // What served last, though the file is broken now.
    put(&path, "{");
    let server = Server::start(&folder, &[]);
    let health = server.health();
    assert_eq!((&health["origin"], &health["stale"]), (&"last-good".into(), &true.into()), "{health}");
    assert_eq!(seen_in("/checkout", server.connect().get("/checkout", "")), (1, 5));
}

#[test]
fn who_asks_is_read_from_the_headers_and_what_they_get_is_logged() {
    let folder = folder("headers");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("flags.json"), folder.join("flags.json")).unwrap();
    let server = Server::start(&folder, &[("BACKEND_MS", "0")]);
    let mut connection = server.connect();
    let outside = "x-forwarded-for: 203.0.113.9\r\n";
    let limit = |connection: &mut Connection, headers: &str| {
        connection.get("/upload-limits", headers).1["limits"]["max_mb"].clone()
    };
    assert_eq!(limit(&mut connection, ""), 100, "the peer is this machine");
    assert_eq!(limit(&mut connection, outside), 10, "behind a proxy it is somebody else");
    let page = |connection: &mut Connection, user: &str, country: &str| {
        let headers =
            format!("{outside}cookie: visitor={user}\r\nx-country: {country}\r\nx-app-version: 2.3\r\n");
        let (status, body) = connection.get("/checkout", &headers);
        assert_eq!(status, 200);
        body["page"] == "new"
    };
    let users = 400;
    let mut new = |country: &str| {
        (0..users).filter(|user| page(&mut connection, &format!("user-{user}"), country)).count()
    };
    let (germany, elsewhere) = (new("DE"), new("SE"));
    assert!((60..=140).contains(&germany), "about 25 % of {users}: {germany}");
    assert!((5..=45).contains(&elsewhere), "about 5 % of {users}: {elsewhere}");
    let line = server.logged("flag=\"new-checkout\" key=\"user-0\"");
    assert!(line.contains("INFO exposure: ") && line.contains(" generation=1"), "{line}");
}

#[test]
fn a_request_that_is_under_way_is_finished_when_the_service_is_told_to_end() {
    let folder = folder("end");
    put(&folder.join("flags.json"), &flag_file(3));
    let mut server = Server::start(&folder, &[("BACKEND_MS", "1000")]);
    let mut idle = server.connect();
    assert_eq!(idle.get("/healthz", "").0, 200);
    let mut slow = server.connect();
    slow.ask("/checkout", "x-user-id: ada\r\n");
    // Its first flags are asked: it is under way.
    server.logged("flag=\"orders-db\" key=\"ada\"");
    server.terminate();
    server.logged("ending");
    let deadline = Instant::now() + DEADLINE;
    while Connection::open(server.address).is_ok() {
        assert!(Instant::now() < deadline, "still takes connections");
        thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(seen_in("/checkout", slow.answer()), (1, 3));
    server.logged("ended stopped=true");
    assert!(server.ended().success());
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    for (variable, value, told) in [
        ("LISTEN", "here", "LISTEN: `here` cannot be used"),
        ("FLAGS_POLL_MS", "-1", "FLAGS_POLL_MS: `-1` cannot be used"),
        ("ENVIRONMENT", "prod", "the fact `environment` is given as something other than `production`"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waterspout-service"));
        let output = command.env("LISTEN", "127.0.0.1:0").env(variable, value).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(told), "{stderr}");
    }
}
