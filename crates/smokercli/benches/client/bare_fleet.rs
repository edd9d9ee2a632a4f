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

/// Asks all of them, each by `ask`.
pub(crate) fn run(size: Size, ask: fn(Ipv4Addr, u16) -> std::io::Result<()>) -> Result<(), String> {
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

/// Fetches both pages of a host.
pub(crate) fn pages(address: Ipv4Addr, port: u16) -> std::io::Result<()> {
    let mut stream = connect(address, port)?;
    about(&mut stream)?;
    last(&mut stream, "GET /plugins")
}

/// The same, has the host run its plugins, and fetches both pages once more behind that.
pub(crate) fn round(address: Ipv4Addr, port: u16) -> std::io::Result<()> {
    let mut stream = connect(address, port)?;
    about(&mut stream)?;
    stream.write_all(b"GET /plugins HTTP/1.1\r\nHost: h\r\n\r\n")?;
    let mut page = Vec::new();
    let mut buffer = [0; 16384];
    // The page ends with the brackets of its members.
    while !page.ends_with(b"]}}") {
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            length => page.extend_from_slice(&buffer[..length]),
        }
    }
    last(&mut stream, "POST /processes")?;
    pages(address, port)
}

fn connect(address: Ipv4Addr, port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect((address, port))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn about(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")?;
    // The about page comes in one piece.
    let _ = stream.read(&mut [0; 4096])?;
    Ok(())
}

fn last(stream: &mut TcpStream, request: &str) -> std::io::Result<()> {
    stream.write_all(format!("{request} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer)? > 0 {}
    Ok(())
}
