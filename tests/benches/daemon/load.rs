//! Load: several connections that ask for one page as fast as they get it.

use std::io;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;

/// How many connections ask at the same time.
pub(crate) const CONNECTIONS: usize = 4;

/// How long a server is asked before it counts.
const WARM_UP: Duration = Duration::from_millis(50);

/// Asks for a page during `time` and returns how many answers a second came.
pub(crate) fn requests_per_second(address: SocketAddr, path: &str, time: Duration) -> io::Result<f64> {
    let start = Barrier::new(CONNECTIONS);
    thread::scope(|scope| {
        let asking: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(|| ask(address, path, time, &start))).collect();
        let rates = asking.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread of the load generator broke")))
        });
        rates.sum()
    })
}

/// How many answers a second one connection gets.
fn ask(address: SocketAddr, path: &str, time: Duration, start: &Barrier) -> io::Result<f64> {
    let connected = Client::connect(address);
    // Also a thread without a connection has to come here, or the others wait for ever.
    start.wait();
    let mut client = connected?;
    let request = client.get_request(path);
    answers_within(&mut client, &request, WARM_UP)?;
    let begin = Instant::now();
    let answers = answers_within(&mut client, &request, time)?;
    Ok(f64::from(answers) / begin.elapsed().as_secs_f64())
}

fn answers_within(client: &mut Client, request: &[u8], time: Duration) -> io::Result<u32> {
    let begin = Instant::now();
    let mut answers = 0;
    while begin.elapsed() < time {
        let answer = client.exchange(request)?;
        if answer.status != 200 {
            return Err(io::Error::other(format!("answered {}", answer.status)));
        }
        answers += 1;
    }
    Ok(answers)
}
