//! Built-in checks against the programs that they stand for: `http` against `curl`, `disk` against `df`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::boot::{self, Program};
use crate::client::Client;
use crate::forced;
use crate::pairs::{FEW, MANY, Pairs};
use crate::table::{Goal, Row, Table};
use crate::usage;

/// The checks of one sample of pages.
const PAGES: u32 = 400;

/// The runs of one sample of disks, one after another.
const DISKS: u32 = 50;

/// How often the daemon is asked whether it is done.
const BEAT: Duration = Duration::from_millis(2);

/// Fills in its rows.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let at_a_time = 2 * usage::cores();
    let pairs = pages(program, at_a_time);
    let name = format!("http checks, {at_a_time} at a time; a started `curl` each, in the same daemon");
    table.add(Row::of_pairs(&name, "checks/s", Goal::AtLeast(1.0), pairs));
    table.add(Row::of_pairs("a disk check's run; `df`", "ms", Goal::AtMost(2.0), disks(program)));
}

fn pages(program: &Program, at_a_time: u32) -> Result<Pairs, String> {
    let address = serve().map_err(|error| format!("no server: {error}"))?;
    let top = format!("nr_concurrent_plugins: {at_a_time}");
    let daemon = |body: String| program.start(&boot::plugins(&top, "Timeout: 60", PAGES, |_| body.clone()));
    let built_in = daemon(format!("Check: http\nUrl: http://{address}/"))?;
    let started = daemon(format!("Command: curl -sf -o /dev/null http://{address}/"))?;
    let (mut ours, mut limit) = (built_in.connect()?, started.connect()?);
    let request = forced::request(PAGES);
    let per_second = |client: &mut Client| -> Result<f64, String> {
        let time = forced::run(client, &request, BEAT)?;
        Ok(f64::from(PAGES) / time.as_secs_f64())
    };
    Pairs::measure(FEW, || per_second(&mut ours), || per_second(&mut limit))
}

fn disks(program: &Program) -> Result<Pairs, String> {
    let daemon = program.start(&boot::plugins("nr_concurrent_plugins: 1", "Timeout: 60", DISKS, |_| {
        "Check: disk\nMount: /".to_owned()
    }))?;
    let mut client = daemon.connect()?;
    let request = forced::request(DISKS);
    let ours = || Ok(forced::run(&mut client, &request, BEAT)?.as_secs_f64() * 1000.0 / f64::from(DISKS));
    let limit = || {
        let begin = Instant::now();
        for _ in 0..DISKS {
            let df = Command::new("df").arg("/").stdin(Stdio::null()).output();
            df.map_err(|error| format!("df cannot be started: {error}"))?;
        }
        Ok(begin.elapsed().as_secs_f64() * 1000.0 / f64::from(DISKS))
    };
    Pairs::measure(MANY, ours, limit)
}

/// A server that answers each connection once, until the benchmark ends.
fn serve() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || answer(connection));
        }
    });
    Ok(address)
}

fn answer(mut connection: TcpStream) {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match connection.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(count) => head.extend_from_slice(&part[..count]),
        }
    }
    // A client that has gone away is told nothing.
    let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nready");
}
