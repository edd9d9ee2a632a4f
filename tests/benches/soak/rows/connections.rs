//! Ten thousand connections that say nothing, or a byte a second, while others want answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::wait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::length::Length;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;
use crate::{place, watch};

const COUNT: u32 = 10_000;

/// Seconds that an answer may take, while thousands reconnect at once when they are evicted.
const SLOWEST: f64 = 10.0;

pub(crate) fn run(length: Length) -> Verdict {
    if place::open_files(2 * u64::from(COUNT)) < u64::from(COUNT) + 200 {
        return Verdict::not_run("10,000 open files are not allowed here (ulimit -n)");
    }
    let daemon = Daemon::start(pulse::config());
    let pulse = Pulse::of(&daemon);
    let (memory, descriptors) = (watch::resident(&daemon), watch::descriptors(&daemon));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let over = Arc::new(AtomicBool::new(false));
    let open = Arc::new(AtomicU32::new(0));
    let address = daemon.address();
    for number in 0..COUNT {
        let (over, open) = (Arc::clone(&over), Arc::clone(&open));
        runtime.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                if let Ok(Ok(stream)) = timeout(Duration::from_secs(20), TcpStream::connect(address)).await {
                    open.fetch_add(1, Ordering::Relaxed);
                    hold(stream, number.is_multiple_of(2)).await;
                    open.fetch_sub(1, Ordering::Relaxed);
                }
            }
        });
    }
    let (mut slowest, mut asked, mut again, mut wrong, mut most_open) = (0.0_f64, 0, 0, 0, 0);
    let end = Instant::now() + length.seconds(60, 14);
    while Instant::now() < end {
        let begun = Instant::now();
        let answer = place::ask(&daemon, &Request::get("/plugins/pulse"), &mut again);
        slowest = slowest.max(begun.elapsed().as_secs_f64());
        asked += 1;
        wrong += usize::from(!answer.is_ok_and(|answer| answer.status == 200 && answer.text().contains("\"pulse\"")));
        most_open = most_open.max(open.load(Ordering::Relaxed));
        std::thread::sleep(Duration::from_millis(50));
    }
    let late = pulse.lateness();
    over.store(true, Ordering::Relaxed);
    runtime.shutdown_timeout(Duration::from_secs(5));
    let begun = Instant::now();
    let recovered = wait::within(Duration::from_secs(30), || {
        let answers = Request::get("/").send(address, Duration::from_secs(5)).is_ok();
        (answers && watch::descriptors(&daemon) <= descriptors + 5).then(|| begun.elapsed().as_secs_f64())
    });
    Verdict::of(format!("{COUNT} connections, half silent, half a byte a second, opened again when closed"))
        .at_least("open at a time", f64::from(most_open), 1000.0, "connections")
        .at_least("asked meanwhile, each on a new connection", f64::from(asked), 5.0, "times")
        .at_most(
            "asked a second time, since the connection was closed",
            f64::from(again),
            f64::from(asked) / 10.0,
            "times",
        )
        .none("wrong or no answers", wrong)
        .at_most("slowest answer", slowest, SLOWEST + 2.0 * late, "s")
        .schedule(&pulse)
        .at_most("memory over that at rest", watch::peak(&daemon) - memory, 80.0, "MiB")
        .at_most("until all descriptors are back", recovered.unwrap_or(f64::INFINITY), 15.0, "s")
}

/// Keeps a connection until the daemon closes it.
async fn hold(mut stream: TcpStream, is_silent: bool) {
    let mut answer = [0; 512];
    if is_silent {
        while matches!(stream.read(&mut answer).await, Ok(1..)) {}
        return;
    }
    let (mut reader, mut writer) = stream.split();
    let write = async {
        for byte in b"GET / HTTP/1.1\r\nX-Slow: ".iter().chain(std::iter::repeat(&b'x')) {
            if writer.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_secs(1)).await;
        }
    };
    let read = async { while matches!(reader.read(&mut answer).await, Ok(1..)) {} };
    tokio::select! {
        () = write => {}
        () = read => {}
    }
}
