//! A daemon of one page, as a bridge asks it: over a Unix socket, whose connections it keeps until a request wants their end, as smokerd does.

use std::path::Path;

use smoker_tests::canned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Builder;

use crate::again::end_with_parent;

/// The line that asks for the end of the connection.
const CLOSE: &[u8] = b"\r\nConnection: close\r\n";

/// Says that it serves, and answers until standard input ends.
pub(crate) fn run(socket: &Path) -> Result<(), String> {
    end_with_parent();
    let runtime = Builder::new_current_thread().enable_io().build();
    runtime.and_then(|runtime| runtime.block_on(serve(socket))).map_err(|error| format!("the stub failed: {error}"))
}

async fn serve(socket: &Path) -> std::io::Result<()> {
    let listener = UnixListener::bind(socket)?;
    println!("serving");
    let page: &'static str = canned::answer(&canned::plugins()).leak();
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(answer(stream, page));
    }
}

async fn answer(mut stream: UnixStream, page: &str) {
    let mut request = Vec::new();
    loop {
        request.clear();
        while !request.ends_with(b"\r\n\r\n") {
            if !stream.read_buf(&mut request).await.is_ok_and(|read| read > 0) {
                return;
            }
        }
        let is_last = request.windows(CLOSE.len()).any(|bytes| bytes == CLOSE);
        // A bridge that is gone needs no answer.
        if stream.write_all(page.as_bytes()).await.is_err() || is_last {
            return;
        }
    }
}
