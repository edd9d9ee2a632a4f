//! Daemons over TLS: one port at every address of 127.0.0.0/8, all with one key. Each takes clients with a key alone.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use smoker_tests::canned;
use smoker_trust::handshake::server;
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::storage::private_folder::PrivateFolder;

use crate::again::end_with_parent;

/// Prints the port and serves with the key of this folder until standard input ends.
pub(crate) fn run(state: &Path) -> Result<(), String> {
    end_with_parent();
    let text = |error: &dyn std::fmt::Display| format!("the simulator failed: {error}");
    let folder = PrivateFolder::open(state, None).map_err(|error| text(&error))?.ok_or("there is no folder of keys")?;
    let own = OwnIdentity::load(&folder, "bench").map_err(|error| text(&error))?.ok_or("there is no key")?;
    let config = server::config(&own)?;
    // The backlog of the standard library is 4096 where the system allows that, too.
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))).map_err(|error| text(&error))?;
    println!("{}", listener.local_addr().map_err(|error| text(&error))?.port());
    let page: Arc<str> = canned::answer(&canned::plugins()).into();
    for stream in listener.incoming().flatten() {
        let (config, page) = (Arc::clone(&config), Arc::clone(&page));
        // A connection that fails is the client's to report.
        thread::spawn(move || drop(serve_connection(stream, config, &page)));
    }
    Ok(())
}

/// Answers until the client closes the connection or asks for that.
fn serve_connection(stream: TcpStream, config: Arc<ServerConfig>, page: &str) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let about = canned::answer(&canned::about(&format!("h{}", stream.local_addr()?.ip())));
    let mut stream = StreamOwned::new(ServerConnection::new(config).map_err(io::Error::other)?, stream);
    let mut request = Vec::new();
    let mut part = [0; 1024];
    loop {
        let read = stream.read(&mut part)?;
        request.extend_from_slice(&part[..read]);
        if read == 0 || stream.conn.peer_certificates().is_none() {
            return Ok(());
        }
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        let answer = if request.starts_with(b"GET / ") { &about } else { page };
        let last = request.windows(5).any(|bytes| bytes.eq_ignore_ascii_case(b"close"));
        stream.write_all(answer.as_bytes())?;
        stream.flush()?;
        if last {
            stream.conn.send_close_notify();
            return stream.flush();
        }
        request.clear();
    }
}
