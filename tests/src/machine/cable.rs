//! A way to a TCP port of this machine that can be cut off: connections through it end then, and no new one is made.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The way, until it is dropped.
#[derive(Debug)]
pub struct Cable {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The port at the far end, once it is known.
    port: Option<u16>,
    is_cut: bool,
    has_ended: bool,
    /// Both ends of each connection.
    ends: Vec<TcpStream>,
}

impl Default for Cable {
    fn default() -> Self {
        Self::new()
    }
}

impl Cable {
    /// One that leads nowhere yet: a server may have to be told of its near end before it has a port.
    #[must_use]
    pub fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let mut state = lock(&shared);
                if state.has_ended {
                    return;
                }
                let Some(port) = state.port.filter(|_| !state.is_cut) else { continue };
                if let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
                    // Without copies of its ends a connection could not be cut; it ends at once then.
                    let _ = join(&mut state, near, far);
                }
            }
        });
        Self { address, state }
    }

    /// Has it lead to this port of 127.0.0.1.
    pub fn lead_to(&self, port: u16) {
        lock(&self.state).port = Some(port);
    }

    /// The near end's port of 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Ends all connections, and lets none through from now on.
    pub fn cut(&self) {
        let mut state = lock(&self.state);
        state.is_cut = true;
        for end in state.ends.drain(..) {
            // It may have ended by itself.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        lock(&self.state).is_cut = false;
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.cut();
        lock(&self.state).has_ended = true;
        // The thread that waits for the next connection sees it.
        let _ = TcpStream::connect(self.address);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has what comes at one end go out at the other.
fn join(state: &mut State, near: TcpStream, far: TcpStream) -> io::Result<()> {
    for (from, to) in [(near.try_clone()?, far.try_clone()?), (far.try_clone()?, near.try_clone()?)] {
        thread::spawn(move || {
            let (mut from, mut to) = (from, to);
            // The end of one direction is that of both.
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
        });
    }
    state.ends.extend([near, far]);
    Ok(())
}
