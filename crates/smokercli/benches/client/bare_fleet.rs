//! The limit of a fleet: both pages of every host are fetched over one
//! connection each and thrown away, by as many threads as keep the processors busy.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// More would only wait for the simulator.
const THREADS: u32 = 8;

/// Whom to ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// How many hosts, from 127.0.1.1 on, 250 in each 127.0.x.
    pub(crate) hosts: u32,
    /// Their port.
    pub(crate) port: u16,
}

/// Asks all of them.
pub(crate) fn run(size: Size) -> Result<(), String> {
    let next = AtomicU32::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= size.hosts {
                return Ok(());
            }
            let address = Ipv4Addr::from(0x7f00_0101 + (number / 250) * 256 + number % 250);
            ask(address, size.port).map_err(|error| format!("{address}: {error}"))?;
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread broke".to_owned())?)
    })
}

fn ask(address: Ipv4Addr, port: u16) -> std::io::Result<()> {
    let mut stream = TcpStream::connect((address, port))?;
    stream.set_nodelay(true)?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")?;
    // The about page comes in one piece.
    let mut buffer = [0; 4096];
    let _ = stream.read(&mut buffer)?;
    stream.write_all(b"GET /plugins HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")?;
    while stream.read(&mut buffer)? > 0 {}
    Ok(())
}
