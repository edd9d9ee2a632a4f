//! Requests with bad tokens over a kept connection of plain http, against as many with a good one.

use std::net::TcpStream;
use std::time::Instant;

use crate::client::Client;
use crate::pairs::{MANY, Pairs};
use crate::table::{Goal, Row, Table};
use crate::tls::keys::Keys;

/// How many requests one sample takes.
const REQUESTS: u32 = 2_000;

/// Fills in its row.
pub(crate) fn measure(table: &mut Table) {
    let name = "2000 requests with bad tokens; with a good one";
    table.add(Row::of_pairs(name, "ms", Goal::AtMost(1.3), times()));
}

fn times() -> Result<Pairs, String> {
    let keys = Keys::make()?;
    let daemon = keys.start_daemon(5, "Command: 'true'")?;
    let good = keys.token()?;
    // No two are the same, as a guesser's are not.
    let mut guess = 0_u32;
    let (mut flood, mut users) = (daemon.connect()?, daemon.connect()?);
    let bad = || {
        sample(&mut flood, &[401, 429], || {
            guess += 1;
            format!("smoker_{guess:043}")
        })
    };
    Pairs::measure(MANY, bad, || sample(&mut users, &[200], || good.clone()))
}

/// The time of all requests in milliseconds.
fn sample(client: &mut Client<TcpStream>, expected: &[u16], mut token: impl FnMut() -> String) -> Result<f64, String> {
    let get = client.get_request("/plugins");
    let begin = Instant::now();
    for _ in 0..REQUESTS {
        let mut request = get[..get.len() - 2].to_vec();
        request.extend_from_slice(format!("Authorization: Bearer {}\r\n\r\n", token()).as_bytes());
        let answer = client.exchange(&request).map_err(|error| format!("no answer: {error}"))?;
        if !expected.contains(&answer.status) {
            return Err(format!("answered {}", answer.status));
        }
    }
    Ok(begin.elapsed().as_secs_f64() * 1000.0)
}
