//! Forced runs of many plugins, from the request to all results served.

use std::thread;
use std::time::{Duration, Instant};

use crate::boot;
use crate::client::Client;

/// No set of runs takes so long.
const DEADLINE: Duration = Duration::from_secs(60);

/// The body of a request to run the first `count` plugins.
pub(crate) fn request(count: u32) -> String {
    let names: Vec<_> = (0..count).map(|number| format!("\"{}\"", boot::name(number))).collect();
    format!("{{\"process\": {{\"plugins\": [{}]}}}}", names.join(", "))
}

/// Sends the request, asks for its process at every `beat` until it is
/// finished, and returns how long that took, the page with the results included.
pub(crate) fn run(client: &mut Client, request: &str, beat: Duration) -> Result<Duration, String> {
    let failed = |error: std::io::Error| format!("no answer about a forced run: {error}");
    let begin = Instant::now();
    let answer = client.post("/processes", request).map_err(failed)?;
    let unexpected = || format!("a forced run was answered {}", answer.status);
    let process = answer.header("Location").ok_or_else(unexpected)?.to_owned();
    let page = client.get_request(&process);
    loop {
        match client.exchange(&page).map_err(failed)?.status {
            200 => return Ok(begin.elapsed()),
            202 if begin.elapsed() < DEADLINE => thread::sleep(beat),
            202 => return Err(format!("forced runs have no results after {} s", DEADLINE.as_secs())),
            other => return Err(format!("the page of a process was answered {other}")),
        }
    }
}
