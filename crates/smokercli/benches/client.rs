//! What a call of `smokercli` costs: one host against `curl` of the same page,
//! a forced run against the daemon's own time, and fleets of simulated hosts.
//!
//! The goals are those of the project: one host no slower than `curl`, a
//! thousand hosts within a second and 64 MiB, simulators included. A goal that
//! is missed is said so and ends the program with 1.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SMOKERCLI: &str = env!("CARGO_BIN_EXE_smokercli");
/// Calls of which the median counts.
const CALLS: usize = 51;
const THOUSAND_LIMIT: Duration = Duration::from_secs(1);
const MEMORY_LIMIT_KIB: i64 = 64 << 10;

/// What a command took.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

fn main() -> ExitCode {
    // `cargo test --all-targets` runs benchmarks too, without this word; then building them is all.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let simulator = simulate();
    let one = one_host(simulator);
    forced_run();
    let fleet = fleets(simulator);
    if one && fleet { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One host against `curl` of its plugins page, which is one request less.
fn one_host(simulator: SocketAddr) -> bool {
    let port = simulator.port();
    let ours = median(SMOKERCLI, &["-s", &format!("127.0.0.1:{port}")]);
    report("smokercli, one host (2 requests)", ours);
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("curl is not installed: nothing to compare with");
        return true;
    }
    let curl = median("curl", &["-s", &format!("http://127.0.0.1:{port}/plugins")]);
    report("curl, one page", curl);
    goal("one host no slower than curl", ours.wall <= curl.wall && ours.cpu <= curl.cpu)
}

/// A forced run of `true` against a real daemon, if there is one to be found
/// beside our own program; the times are printed to be compared.
fn forced_run() {
    let Some(daemon) = Daemon::start() else {
        println!("smokerd is not built: no forced run (cargo build --release -p smokerd)");
        return;
    };
    let address = daemon.address;
    let client = median(SMOKERCLI, &["-s", &address.to_string(), "-f", "--no-progress"]);
    report("smokercli -f, one `true`", client);
    let mut bare: Vec<_> = (0..CALLS).map(|_| bare_run(address)).collect();
    bare.sort();
    println!("{:<40} {:>9.2} ms", "the same run by bare requests", millis(bare[CALLS / 2]));
}

fn fleets(simulator: SocketAddr) -> bool {
    let mut met = true;
    for (hosts, range) in [(1_000, "127.0.[1-4].[1-250]"), (10_000, "127.0.[1-40].[1-250]")] {
        let expression = format!("{range}:{}", simulator.port());
        let cost = measure(Command::new(SMOKERCLI).args(["-s", &expression, "--no-progress"]));
        report(&format!("smokercli, {hosts} hosts"), cost);
        // The largest of all children so far, which a fleet of this size is.
        let memory = getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |usage| usage.max_rss());
        println!("{:<40} {memory:>9} KiB", "  at most in memory");
        if hosts == 1_000 {
            met &= goal("1,000 hosts within a second", cost.wall <= THOUSAND_LIMIT);
            met &= goal("1,000 hosts within 64 MiB", memory <= MEMORY_LIMIT_KIB);
        }
    }
    met
}

/// The median of many calls, wall and processor time each for itself.
fn median(program: &str, arguments: &[&str]) -> Cost {
    let costs: Vec<_> = (0..CALLS).map(|_| measure(Command::new(program).args(arguments))).collect();
    let middle = |of: fn(&Cost) -> Duration| {
        let mut times: Vec<_> = costs.iter().map(of).collect();
        times.sort();
        times[CALLS / 2]
    };
    Cost { wall: middle(|cost| cost.wall), cpu: middle(|cost| cost.cpu) }
}

fn measure(command: &mut Command) -> Cost {
    let cpu = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("our own children's usage is always known");
        let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    };
    let (before, start) = (cpu(), Instant::now());
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program can be started");
    assert!(status.success(), "{command:?}: {status}");
    Cost { wall: start.elapsed(), cpu: cpu().saturating_sub(before) }
}

fn report(what: &str, cost: Cost) {
    println!("{what:<40} {:>9.2} ms wall {:>9.2} ms user+sys", millis(cost.wall), millis(cost.cpu));
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn goal(what: &str, met: bool) -> bool {
    println!("{} {what}", if met { "met   " } else { "MISSED" });
    met
}

/// Daemons at every address of 127/8 on one port, in a thread of their own.
fn simulate() -> SocketAddr {
    let listener = TcpListener::bind("0.0.0.0:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    listener.set_nonblocking(true).expect("a listener can be");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("it is non-blocking");
            loop {
                if let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream));
                }
            }
        });
    });
    address
}

async fn serve(mut stream: tokio::net::TcpStream) {
    let host = stream.local_addr().map_or(String::new(), |address| format!("h{}", address.ip()));
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while let Ok(read @ 1..) = stream.read(&mut part).await {
        request.extend_from_slice(&part[..read]);
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        let body = if request.starts_with(b"GET / ") { about(&host) } else { plugins() };
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
        request.clear();
    }
}

fn about(host: &str) -> String {
    let link = |rel: &str| json!({"rel": rel, "href": format!("/{rel}"), "methods": "GET", "title": ""});
    json!({"about": {"host": host, "title": "", "links": [link("plugins"), link("processes")]}}).to_string()
}

/// A page of five plugins, some 3 KiB.
fn plugins() -> String {
    let item = |number: usize| {
        json!({"plugin": {
            "name": format!("check-{number}"), "links": {"self": format!("/plugins/check-{number}")}, "nextRun": null,
            "lastResult": {"status": "OK", "messages": {"info": ["all is well here"], "error": [], "warn": []},
                "lastRun": "2020-01-02T03:04:05.678901", "componentResults": null, "action": null, "forced": false},
            "parameters": {"Command": "check --all", "Module": null, "Parser": null, "Interval": 60, "Timeout": 30,
                "History": 10, "uid": "default", "gid": "default", "Template": null, "Action": null},
        }})
    };
    json!({"plugins": {"items": (0..5).map(item).collect::<Vec<_>>()}}).to_string()
}

/// A real daemon with one plugin, `true`.
struct Daemon {
    child: Child,
    address: SocketAddr,
    _home: TempDir,
}

impl Daemon {
    /// Starts it; none when it is not built.
    fn start() -> Option<Self> {
        let program = PathBuf::from(SMOKERCLI).with_file_name("smokerd");
        let home = tempfile::tempdir().expect("a temporary folder");
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let config =
            format!("bind_port: {port}\ntemplates:\n  BasePlugin: {{}}\nplugins:\n  quick:\n    Command: 'true'\n");
        let file = home.path().join("smokerd.yaml");
        std::fs::write(&file, config).expect("it is writable");
        let arguments = ["-fg", "--no-syslog", "-c", &file.display().to_string()].map(str::to_owned);
        let child = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let daemon = Self { child, address, _home: home };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "smokerd does not serve");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(daemon)
    }
}

impl Drop for Daemon {
    /// It has nothing to lose, and its end is all that is wanted.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The requests of a forced run on plain connections, polled without a pause.
fn bare_run(address: SocketAddr) -> Duration {
    let start = Instant::now();
    let body = "{\"process\": {\"plugins\": [\"quick\"]}}";
    let head =
        format!("POST /processes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}", body.len());
    let answer = exchange(address, &format!("{head}\r\n\r\n{body}"));
    let path = answer.split("\"poll\": \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("/").to_owned();
    let poll = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    while exchange(address, &poll).contains("asyncTask") {}
    start.elapsed()
}

fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("smokerd serves");
    stream.write_all(request.as_bytes()).expect("smokerd reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("smokerd answers");
    answer
}
