//! `dynamo explore` as a program: whatever is sent to it, it neither stops nor grows.

use crate::cluster::{PATIENCE, wait};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::ops::Range;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// So many malformed requests are sent at a time: most of the time goes into waiting for an answer
/// to one that is unfinished.
const AT_A_TIME: usize = 100;

struct Explorer {
    process: Child,
    address: String,
}

impl Drop for Explorer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn explorer(arguments: &[&str]) -> Explorer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynamo"));
    command
        .arg("explore")
        .args(arguments)
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = command.spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("piped"))
        .read_line(&mut line)
        .expect("it says where it listens");
    let address =
        line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
    Explorer { address: address.to_owned(), process }
}

impl Explorer {
    /// Sends something, which may be no request, and reads what comes back. Where nothing does for
    /// so long, it says that it sends no more.
    fn send(&self, bytes: &[u8], patience: Duration) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(patience)).expect("a timeout");
        // It may have heard enough before all is written.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        if stream.read_to_end(&mut answer).is_err() {
            let _ = stream.shutdown(Shutdown::Write);
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            let _ = stream.read_to_end(&mut answer);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(&self, path: &str) -> String {
        self.send(
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)
                .as_bytes(),
            PATIENCE,
        )
    }

    /// Its memory, in KiB.
    fn memory(&self) -> usize {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
    }
}

/// The same on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

/// Requests that are in order, or nearly so.
fn good(address: &str) -> Vec<Vec<u8>> {
    let host = format!("Host: {address}\r\nConnection: close\r\n");
    [
        format!("GET /api/state?scope=concurrent-puts&rules=protocol&way=&table=6 HTTP/1.1\r\n{host}\r\n"),
        format!("GET /concurrent-puts/protocol/abcdef HTTP/1.1\r\n{host}\r\n"),
        format!("GET /api/trace?scope=one-client&rules=ack-one-short&path=%C3%A4 HTTP/1.1\r\n{host}\r\n"),
        format!("POST /api/trace HTTP/1.1\r\n{host}Content-Length: 30\r\n\r\n{{\"format\": 1, \"scope\": [[[[[[[[["),
        format!("POST /api/jobs HTTP/1.1\r\n{host}Content-Type: application/json\r\nContent-Length: 24\r\n\r\n{{\"kind\": \"find\", \"goal\": 1"),
        format!("DELETE /api/jobs/99999999999999999999999 HTTP/1.1\r\n{host}\r\n"),
        format!("GET /assets/..%2f..%2fCargo.toml HTTP/1.1\r\n{host}\r\n"),
    ]
    .map(String::into_bytes)
    .into()
}

/// Each request is the same on every machine.
fn malformed(good: &[Vec<u8>], number: usize) -> Vec<u8> {
    let mut chance = Chance(20_261_126 + number as u64);
    // Numbers that begin alike are soon far apart.
    chance.below(1);
    let mut request = good[chance.below(good.len())].clone();
    for _ in 0..chance.below(6) {
        let at = chance.below(request.len());
        match chance.below(3) {
            0 => request[at] = chance.below(256) as u8,
            1 => request.truncate(at + 1),
            _ => drop(request.splice(at..at, std::iter::repeat_n(b'[', chance.below(300)))),
        }
    }
    request
}

/// Sends malformed requests, some at a time. Returns how many were answered.
fn bother(explorer: &Explorer, numbers: Range<usize>) -> usize {
    let good = good(&explorer.address);
    let (next, answered) = (AtomicUsize::new(numbers.start), AtomicUsize::new(0));
    let send = || loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= numbers.end {
            break;
        }
        let request = malformed(&good, number);
        let answer = explorer.send(&request, Duration::from_millis(50));
        answered.fetch_add(usize::from(!answer.is_empty()), Ordering::Relaxed);
        assert!(
            !answer.starts_with("HTTP/1.1 5"),
            "number {number}: {}: {answer}",
            String::from_utf8_lossy(&request)
        );
    };
    thread::scope(|scope| (0..AT_A_TIME).for_each(|_| drop(scope.spawn(send))));
    answered.into_inner()
}

#[test]
fn ten_thousand_malformed_requests_are_no_harm() {
    let explorer = explorer(&["concurrent-puts"]);
    let first = bother(&explorer, 0..2_000);
    let settled = explorer.memory();
    let answered = first + bother(&explorer, 2_000..10_000);
    println!("{answered} were answered");
    assert!(answered > 4_000, "only {answered} were answered: are these requests at all?");
    let grown = explorer.memory().saturating_sub(settled);
    assert!(grown < 8 << 10, "it has grown by {grown} KiB in 8,000 requests");
    assert!(explorer.get("/api/catalogue").starts_with("HTTP/1.1 200"), "it still answers");
}

#[test]
fn who_asks_from_elsewhere_is_refused() {
    let explorer = explorer(&[]);
    let with = |headers: &str| {
        explorer.send(
            format!("GET /api/catalogue HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").as_bytes(),
            PATIENCE,
        )
    };
    let address = &explorer.address;
    assert!(with(&format!("Host: {address}\r\n")).starts_with("HTTP/1.1 200"));
    assert!(
        with(&format!("Host: {address}\r\nOrigin: http://{address}\r\n"))
            .starts_with("HTTP/1.1 200")
    );
    for headers in [
        "Host: example.org\r\n".to_owned(),
        format!("Host: {address}\r\nOrigin: http://example.org\r\n"),
        format!("Host: {address}\r\nOrigin: null\r\n"),
    ] {
        assert!(with(&headers).starts_with("HTTP/1.1 403"), "{headers}");
    }
}

#[test]
fn what_is_not_there_has_a_status_and_a_reason() {
    let explorer = explorer(&[]);
    for (path, status, says) in [
        ("/no-such/protocol/", "404", "there is no scope"),
        ("/one-client/no-such/", "404", "there is no defect"),
        ("/one-client/protocol/abcdef", "422", "step 1 of this path"),
        ("/api/state?scope=one-client&rules=protocol&table=77", "404", "there is no table 77"),
        ("/api/trace?scope=one-client&rules=protocol", "422", "this path shows none yet"),
        ("/api/jobs/3", "404", "no job"),
        ("/lessons/no-such", "404", "there is no lesson"),
        ("/api/lessons/siblings/up/1", "404", "there is no track"),
        ("/api/lessons/siblings/off/0", "404", "the steps 1 to"),
        ("/api/lessons/siblings/off/1?answer=9", "404", "no such answer"),
        ("/api/lessons/siblings/off/1?answer=x", "422", "answer"),
    ] {
        let answer = explorer.get(path);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(says),
            "{path}: {answer}"
        );
    }
}

#[test]
fn there_is_one_job_at_a_time_and_the_last_is_done() {
    let explorer = explorer(&[]);
    let begin = |wanted: &str| {
        let head = format!(
            "Host: {}\r\nConnection: close\r\nContent-Type: application/json",
            explorer.address
        );
        let request = format!(
            "POST /api/jobs HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{wanted}",
            wanted.len()
        );
        let answer = explorer.send(request.as_bytes(), PATIENCE);
        let id: String = answer
            .rsplit(':')
            .next()
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        assert!(!id.is_empty(), "{answer}");
        id
    };
    // Far too many states to be done with in time.
    let first =
        begin(r#"{"kind": "check", "scope": "loss-amid-puts-and-reads", "rules": "protocol"}"#);
    let mut last = String::new();
    for _ in 0..20 {
        last = format!(
            "/api/jobs/{}",
            begin(r#"{"kind": "check", "scope": "one-client", "rules": "ack-one-short"}"#)
        );
    }
    let begun = Instant::now();
    let told = loop {
        let told = explorer.get(&last);
        assert!(begun.elapsed() < PATIENCE, "it is not done: {told}");
        if !told.contains("\"running\"") {
            break told;
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert!(told.contains("\"fails\"") && told.contains("/one-client/ack-one-short/"), "{told}");
    let first = explorer.get(&format!("/api/jobs/{first}"));
    assert!(first.starts_with("HTTP/1.1 404") && first.contains("one at a time"), "{first}");
}

#[test]
fn it_begins_where_it_is_told_to_or_says_why_not() {
    let says = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_dynamo"))
            .arg("explore")
            .args(arguments)
            .output()
            .expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, text) = says(&["no-such-scope", "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(2), "{text}");
    let (code, text) = says(&["--trace", "no-such-file.json", "--listen", "127.0.0.1:0"]);
    assert!(code == Some(2) && text.contains("cannot read no-such-file.json"), "{text}");
    let taken = explorer(&[]);
    let (code, text) = says(&["--listen", &taken.address]);
    assert!(code == Some(1) && text.contains("choose another address with --listen"), "{text}");
}

#[test]
fn an_interrupt_stops_it_whoever_is_connected() {
    let mut explorer = explorer(&[]);
    let mut idle = TcpStream::connect(&explorer.address).expect("it listens");
    idle.write_all(
        format!("GET /api/catalogue HTTP/1.1\r\nHost: {}\r\n\r\n", explorer.address).as_bytes(),
    )
    .expect("sent");
    idle.read_exact(&mut [0; 100]).expect("an answer");
    let mut unfinished = TcpStream::connect(&explorer.address).expect("it listens");
    unfinished.write_all(b"GET /api/cata").expect("sent");
    let process = rustix::process::Pid::from_child(&explorer.process);
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("it runs");
    let status = wait(&mut explorer.process, "the explorer");
    assert!(status.success(), "{status}");
}

#[test]
fn a_saved_scenario_is_explored_and_the_address_needs_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("saved.json");
    let file = file.to_str().expect("a name");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/scenarios/8-handoff.txt");
    let saved = Command::new(env!("CARGO_BIN_EXE_dynamo"))
        .args(["scenario", script, "--save", file])
        .stdout(Stdio::null())
        .status()
        .expect("it runs");
    assert!(saved.success());
    let explorer = explorer(&["--trace", file]);
    let led = explorer.get("/");
    let address = led.lines().find_map(|line| line.strip_prefix("location: "));
    let address = address.expect("it leads to the state").trim();
    assert!(address.starts_with("/own-"), "{address}");
    fs::remove_file(file).expect("the address has everything");
    assert!(explorer.get(address).starts_with("HTTP/1.1 200"), "{address}");
    let parts: Vec<&str> = address.split('/').collect();
    let [_, scope, rules, path] = parts[..] else { panic!("{address}") };
    let state = explorer.get(&format!("/api/state?scope={scope}&rules={rules}&path={path}"));
    assert!(state.contains("\"aim\":\"A scripted scenario.\""), "{state}");
    // The trace can be saved again there.
    let trace = explorer.get(&format!("/api/trace?scope={scope}&rules={rules}&path={path}"));
    assert!(trace.contains("own_scope"), "{trace}");
    let cut = explorer.get(&format!("/{}/{rules}/", &scope[..20]));
    assert!(cut.contains("copy the whole address"), "{cut}");
}

#[test]
fn the_trace_of_a_simulated_run_is_explored_as_any_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let simulated = Command::new(env!("CARGO_BIN_EXE_dynamo"))
        .args(["simulate", "--defect", "plain-vector-clocks", "--seed", "1", "--runs", "400"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .status()
        .expect("it runs");
    assert_eq!(simulated.code(), Some(1));
    let files = fs::read_dir(folder.path()).expect("a folder");
    let mut files = files.map(|file| file.expect("a file").path());
    let file = files.find(|file| file.extension().is_some_and(|end| end == "json"));
    let file = file.expect("the trace is saved");
    let explorer = explorer(&["--trace", file.to_str().expect("a name")]);
    let led = explorer.get("/");
    let address = led.lines().find_map(|line| line.strip_prefix("location: "));
    let address = address.expect("it leads to the state").trim();
    assert!(address.contains("/plain-vector-clocks/"), "{address}");
    assert!(explorer.get(address).starts_with("HTTP/1.1 200"), "{address}");
}

#[test]
fn a_scope_from_a_file_has_an_address_with_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    let text =
        "nodes = 2\nn = 2\nr = 1\nw = 1\nclients = [[\"put via 0\"]]\naim = \"My own aim.\"\n";
    fs::write(&file, text).expect("it is written");
    let file = file.to_str().expect("a name");
    let explorer = explorer(&["--scope", file, "--defect", "ack-one-short"]);
    let led = explorer.get("/");
    let address = led.lines().find_map(|line| line.strip_prefix("location: "));
    let address = address.expect("it leads to the scope").trim();
    assert!(address.starts_with("/own-") && address.contains("/ack-one-short/"), "{address}");
    let parts: Vec<&str> = address.split('/').collect();
    let state = explorer.get(&format!("/api/state?scope={}&rules=protocol", parts[1]));
    assert!(state.contains("My own aim."), "{state}");
}
