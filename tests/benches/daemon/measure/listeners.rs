//! How long after a run has ended clients that listen get its result, for many listeners and for many results.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::boot::{self, Program};
use crate::statistics::percentile;
use crate::table::{Goal, Row, Table};

/// How long is listened, after all have connected and each plugin has had its first run.
const TIME: Duration = Duration::from_secs(10);

/// The first runs are spread over a second.
const WARM_UP: Duration = Duration::from_secs(2);

/// The addresses that listeners come from: one alone may have half of the streams.
const ADDRESSES: u8 = 4;

/// The files that the listeners and the daemon need open.
const OPEN_FILES: u64 = 16_384;

/// The latencies that one listener has measured, in milliseconds, and the results that it got.
#[derive(Debug, Default)]
struct Heard {
    latencies: Vec<f64>,
    results: usize,
}

/// Fills in its rows.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    for (listeners, results) in [(1000, 50), (50, 1000)] {
        let heard = latencies(program, listeners, results);
        let name = format!("result to {listeners} listeners, {results} results/s: p99");
        let figure = |percent| heard.as_ref().map(|heard| percentile(&heard.latencies, percent)).map_err(Clone::clone);
        table.add(Row::alone(&name, "ms", Goal::Under(100.0, "ms"), figure(99)));
        table.add(Row::alone("  p50", "ms", Goal::None, figure(50)));
        let arrived = heard.as_ref().map_err(Clone::clone).map(|heard| share(heard.results, listeners, results));
        table.add(Row::alone("  of the results that were due, arrived", "%", Goal::Over(99.0, "%"), arrived));
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of results are far below 2^52")]
fn share(results: usize, listeners: u32, per_second: u32) -> f64 {
    let due = f64::from(listeners) * f64::from(per_second) * TIME.as_secs_f64();
    100.0 * results as f64 / due
}

fn latencies(program: &Program, listeners: u32, results: u32) -> Result<Heard, String> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|error| error.to_string())?;
    setrlimit(Resource::RLIMIT_NOFILE, OPEN_FILES.min(hard).max(soft), hard).map_err(|error| error.to_string())?;
    let top = "state_dir: '{{DIR}}/state'";
    let daemon =
        program.start(&boot::plugins(top, "Interval: 1\nSplay: 1", results, |_| "Command: 'true'".to_owned()))?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(listen_all(daemon.address(), listeners))
}

async fn listen_all(daemon: SocketAddr, listeners: u32) -> Result<Heard, String> {
    let mut streams = Vec::new();
    for number in 0..listeners {
        streams.push(open(daemon, u8::try_from(number % u32::from(ADDRESSES)).unwrap_or(0)).await?);
    }
    let begin = Instant::now() + WARM_UP;
    let mut tasks = JoinSet::new();
    for stream in streams {
        tasks.spawn(listen(stream, begin));
    }
    let mut all = Heard::default();
    while let Some(heard) = tasks.join_next().await {
        let heard = heard.map_err(|error| error.to_string())??;
        all.latencies.extend(heard.latencies);
        all.results += heard.results;
    }
    Ok(all)
}

async fn open(daemon: SocketAddr, client: u8) -> Result<TcpStream, String> {
    let failed = |error: std::io::Error| format!("no listener: {error}");
    let socket = TcpSocket::new_v4().map_err(failed)?;
    socket.bind((Ipv4Addr::new(127, 0, 0, client + 1), 0).into()).map_err(failed)?;
    let mut stream = socket.connect(daemon).await.map_err(failed)?;
    let request = format!("GET /events?status=OK HTTP/1.1\r\nHost: {daemon}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut head = [0; 15];
    stream.read_exact(&mut head).await.map_err(failed)?;
    if head.starts_with(b"HTTP/1.1 200") { Ok(stream) } else { Err("a listener was refused".to_owned()) }
}

/// Reads events until the time is over. Of each piece that arrives the first whole result is looked at, which has waited longest.
async fn listen(mut stream: TcpStream, begin: Instant) -> Result<Heard, String> {
    let mut heard = Heard::default();
    let mut text = Vec::new();
    let mut piece = vec![0; 64 << 10];
    let end = begin + TIME;
    // The time is looked at here, too: a stream that always has more is never waited for.
    while Instant::now() < end
        && let Ok(read) = timeout_at(end, stream.read(&mut piece)).await
    {
        let count = read.map_err(|error| format!("a stream broke: {error}"))?;
        if count == 0 {
            return Err("the daemon has ended a stream".to_owned());
        }
        let now = Utc::now();
        text.extend_from_slice(&piece[..count]);
        let whole = String::from_utf8_lossy(&text);
        let Some((events, rest)) = whole.rsplit_once("\n\n") else { continue };
        if Instant::now() >= begin {
            heard.results += events.matches("event: result\n").count();
            let data = events.split("\n\n").find_map(|event| event.split_once("event: result\ndata: "));
            heard.latencies.extend(data.and_then(|(_, data)| latency(data, now)));
        }
        text = rest.as_bytes().to_vec();
    }
    Ok(heard)
}

/// From the end of the run to its arrival, in milliseconds.
fn latency(data: &str, now: DateTime<Utc>) -> Option<f64> {
    let result: Json = serde_json::from_str(data.lines().next()?).ok()?;
    let started: DateTime<Utc> = result["started"].as_str()?.parse().ok()?;
    let duration = Duration::try_from_secs_f64(result["result"]["duration"].as_f64()?).ok()?;
    let late = now - started - TimeDelta::from_std(duration).ok()?;
    Some(late.to_std().map_or(0.0, |late| late.as_secs_f64() * 1000.0))
}
