//! Bridges of many hosts, simulated by one thread: a fleet that is larger than this machine.
//!
//! Each has a connection of its own and the subscriptions of a real one, says that it is there, and answers as daemons do: a run that a request does
//! not wait for has its results on another page. Some may die while a client asks them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::canned;
use crate::nats::frame::{self, Frame};

/// How many connect at a time: the server's backlog is bounded.
const AT_A_TIME: usize = 64;

/// Where the results of a run are.
const RESULTS: &str = "/processes/1";

/// The bridges, until they are dropped.
#[derive(Debug)]
pub struct SimulatedBridges {
    runtime: Option<Runtime>,
}

/// The requests of a forced run, in their order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    About,
    Plugins,
    Run,
    Results,
}

/// When a bridge dies: at this request, with or without having answered it.
#[derive(Clone, Copy, Debug)]
struct Death {
    at: Step,
    answers: bool,
}

/// All deaths that keep a client from the results.
const DEATHS: [Death; 7] = [
    Death { at: Step::Run, answers: false },
    Death { at: Step::Run, answers: true },
    Death { at: Step::Plugins, answers: false },
    Death { at: Step::Plugins, answers: true },
    Death { at: Step::Results, answers: false },
    Death { at: Step::About, answers: false },
    Death { at: Step::About, answers: true },
];

/// The answers that all hosts have in common.
#[derive(Debug)]
struct Pages {
    plugins: String,
    accepted: String,
    forced: String,
}

/// A bridge that is connected.
#[derive(Debug)]
struct SimulatedBridge {
    stream: TcpStream,
    /// The headers of an answer that is one part.
    head: String,
    about: String,
    pages: Arc<Pages>,
    death: Option<Death>,
}

/// The name of the host of this number.
#[must_use]
pub fn name(number: u32) -> String {
    format!("h{number}")
}

/// Whether the host of this number dies when one of `one_in` does.
#[must_use]
pub fn dies(number: u32, one_in: u32) -> bool {
    number % one_in == one_in - 1
}

impl SimulatedBridges {
    /// Connects the bridges of this many hosts of the fleet `test` to the server at this address, and waits until it has their subscriptions.
    /// With `one_in`, one of that number dies while it is asked for a run.
    ///
    /// # Errors
    ///
    /// When one of them cannot connect.
    pub fn start(server: SocketAddr, hosts: u32, one_in: Option<u32>) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build()?;
        let pages = Arc::new(Pages {
            plugins: canned::answer(&canned::plugins()),
            accepted: canned::accepted(RESULTS),
            forced: canned::answer(&canned::forced_true()),
        });
        runtime.block_on(async {
            let mut connecting = JoinSet::new();
            for number in 0..hosts {
                if connecting.len() == AT_A_TIME {
                    connecting.join_next().await.transpose()?.transpose()?;
                }
                let death = one_in.filter(|&one_in| dies(number, one_in));
                let death = death.map(|one_in| DEATHS[(number / one_in) as usize % DEATHS.len()]);
                let pages = Arc::clone(&pages);
                connecting.spawn(async move {
                    let bridge = SimulatedBridge::connect(server, &name(number), pages, death).await?;
                    tokio::spawn(bridge.serve());
                    io::Result::Ok(())
                });
            }
            while let Some(connected) = connecting.join_next().await {
                connected??;
            }
            io::Result::Ok(())
        })?;
        Ok(Self { runtime: Some(runtime) })
    }
}

impl Drop for SimulatedBridges {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A connection of a host whose subscriptions the server has.
async fn connected(server: SocketAddr, name: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let presence = format!(
        r#"{{"name":"{name}","version":"1","since":"2020-01-02T03:04:05Z","daemon":true,"groups":[],"labels":{{}}}}"#
    );
    let hello = format!(
        "CONNECT {{\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}}\r\n\
         SUB smoker.v1.test.host.{name} 1\r\nSUB smoker.v1.test.group.all 2\r\n\
         PUB smoker.v1.test.present.{name} {}\r\n{presence}\r\nPING\r\n",
        presence.len()
    );
    stream.write_all(hello.as_bytes()).await?;
    let mut input = Vec::new();
    loop {
        if stream.read_buf(&mut input).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while let Some((frame, length)) = frame::first(&input) {
            match frame {
                Frame::Pong => return Ok(stream),
                Frame::Refusal(line) => return Err(io::Error::other(line.to_owned())),
                _ => {}
            }
            input.drain(..length);
        }
    }
}

impl SimulatedBridge {
    async fn connect(server: SocketAddr, name: &str, pages: Arc<Pages>, death: Option<Death>) -> io::Result<Self> {
        Ok(Self {
            stream: connected(server, name).await?,
            head: format!("NATS/1.0\r\nSmoker-Host: {name}\r\nSmoker-Part: 0\r\nSmoker-End: 1\r\n\r\n"),
            about: canned::answer(&canned::about(name)),
            pages,
            death,
        })
    }

    /// Answers until the connection ends, or its death.
    async fn serve(mut self) {
        let mut input = Vec::with_capacity(1024);
        let mut output = Vec::new();
        while self.stream.read_buf(&mut input).await.is_ok_and(|read| read > 0) {
            let mut taken = 0;
            let mut is_dead = false;
            while let (false, Some((frame, length))) = (is_dead, frame::first(&input[taken..])) {
                is_dead = self.react(frame, &mut output);
                taken += length;
            }
            input.drain(..taken);
            // A client that is gone, or a server that ends, is what the call is about.
            let is_sent = self.stream.write_all(&output).await.is_ok();
            output.clear();
            if is_dead || !is_sent {
                return;
            }
        }
    }

    /// Says what answers a frame, and whether it dies of it.
    fn react(&self, frame: Frame<'_>, output: &mut Vec<u8>) -> bool {
        let (reply, request) = match frame {
            Frame::Message { reply, payload, .. } if !reply.is_empty() => (reply, payload),
            Frame::Ping => {
                output.extend_from_slice(b"PONG\r\n");
                return false;
            }
            _ => return false,
        };
        let step = step(request);
        let death = self.death.filter(|death| death.at == step);
        if death.is_none_or(|death| death.answers) {
            let answer = match step {
                Step::About => &self.about,
                Step::Plugins => &self.pages.plugins,
                // It is over as soon as somebody waits for its end.
                Step::Run if !waits(request) => &self.pages.accepted,
                Step::Run | Step::Results => &self.pages.forced,
            };
            let (head, all) = (self.head.len(), self.head.len() + answer.len());
            let line = format!("HPUB {reply} {head} {all}\r\n");
            for bytes in [&line, &self.head, answer, "\r\n"] {
                output.extend_from_slice(bytes.as_bytes());
            }
        }
        death.is_some()
    }
}

/// Which request of a client this is.
fn step(request: &[u8]) -> Step {
    if request.starts_with(b"GET / ") {
        Step::About
    } else if request.starts_with(b"POST ") {
        Step::Run
    } else if request.starts_with(b"GET /processes/") {
        Step::Results
    } else {
        Step::Plugins
    }
}

/// Whether a request waits for the end of the run.
fn waits(request: &[u8]) -> bool {
    request.windows(7).any(|bytes| bytes.eq_ignore_ascii_case(b"prefer:"))
}
