//! The limit for pages: an axum handler that answers the same bytes, served
//! in the plainest usual way.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::bare_side::start::{self, Bare};
use crate::mode::BARE_SERVER;

/// A bare server that serves. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct BareServer {
    _process: Bare,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

/// Starts a server for the content of a file.
pub(crate) fn start(page: &Path) -> io::Result<BareServer> {
    let mut process = Bare::start(&[BARE_SERVER, &page.display().to_string()])?;
    let port: u16 = process.number()?;
    Ok(BareServer { _process: process, address: (Ipv4Addr::LOCALHOST, port).into() })
}

/// The hidden mode: serves under `/plugins` and says on which port.
pub(crate) fn run(page: &Path) -> Result<(), String> {
    start::end_with_parent();
    let page = fs::read(page).map(Bytes::from).map_err(|error| format!("cannot read {}: {error}", page.display()))?;
    let serving = Runtime::new().and_then(|runtime| runtime.block_on(serve(page)));
    serving.map_err(|error| format!("the bare server ended: {error}"))
}

async fn serve(page: Bytes) -> io::Result<()> {
    let answer = async move || ([(CONTENT_TYPE, "application/json")], page.clone());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, Router::new().route("/plugins", get(answer))).await
}
