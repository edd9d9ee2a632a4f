//! `GET /plugins` over one kept connection of TLS, against one of plain http.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use smoker_trust::handshake::client;
use smoker_trust::known_hosts::HostTrust;

use crate::client::Client;
use crate::pairs::{MANY, Pairs};
use crate::table::{Goal, Row, Table};
use crate::tls::keys::Keys;

/// How long one sample takes.
const SAMPLE: Duration = Duration::from_millis(300);

/// The most requests between two looks at the clock.
const STEP: u32 = 8;

/// Fills in its rows.
pub(crate) fn measure(table: &mut Table) {
    for plugins in [5, 100] {
        let name = format!("GET /plugins over a kept connection of TLS, {plugins} plugins; of plain http");
        table.add(Row::of_pairs(&name, "requests/s", Goal::AtLeast(0.6), rates(plugins)));
    }
}

fn rates(plugins: u32) -> Result<Pairs, String> {
    let keys = Keys::make()?;
    let daemon = keys.start_daemon(plugins, "Command: 'true'")?;
    let mut plain = daemon.connect()?;
    let mut secure = connect(&keys, daemon.address())?;
    Pairs::measure(MANY, || rate(&mut secure), || rate(&mut plain))
}

/// A connection of TLS, with keys on both sides.
fn connect(keys: &Keys, address: SocketAddr) -> Result<Client<StreamOwned<ClientConnection, TcpStream>>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("no connection of TLS: {error}");
    let trust = HostTrust { host: address.to_string(), pins: vec![keys.pin], authorities: Vec::new() };
    let config = client::known_host(trust, None, Some(&keys.own))?;
    let connection = ClientConnection::new(Arc::new(config), ServerName::from(address.ip()));
    let stream = Client::stream(address).map_err(|error| failed(&error))?;
    let stream = StreamOwned::new(connection.map_err(|error| failed(&error))?, stream);
    Ok(Client::over(stream, address))
}

/// Answers in a second.
fn rate<S: Read + Write>(client: &mut Client<S>) -> Result<f64, String> {
    let request = client.get_request("/plugins");
    let begin = Instant::now();
    let mut answers = 0;
    while begin.elapsed() < SAMPLE {
        for _ in 0..STEP {
            let answer = client.exchange(&request).map_err(|error| format!("no page: {error}"))?;
            if answer.status != 200 {
                return Err(format!("answered {}", answer.status));
            }
        }
        answers += STEP;
    }
    Ok(f64::from(answers) / begin.elapsed().as_secs_f64())
}
