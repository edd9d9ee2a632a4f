//! What Smoker's programs say to each other over NATS. `docs/nats.md` is the reference; this crate is its only implementation.
//!
//! A client publishes a REST request, as bytes of HTTP/1.1, to the subject of a host or a group, with a reply subject of its own. The bridge of each
//! host sends the daemon's answer, as bytes of HTTP/1.1, in parts. What a client needs, in this order:
//!
//! 1. [`connect::Connect`] has the addresses and files of the command line; [`connect::Connect::open`] gives an [`async_nats::Client`].
//! 2. [`presence::present`] gives the inventory of a [`subject::Fleet`]: who should answer, and how long each has been silent.
//! 3. `client.publish_with_reply(fleet.group("web"), inbox, request)` asks; [`subject::Fleet::host`] is for one host.
//! 4. Each message in the inbox is a [`part::Part`] ([`part::Part::read`]); [`part::Parts`] of each host joins them to its answer.
//! 5. [`streams::last_of_each`] gives the newest result of each plugin of each host, without asking any host.
//!
//! # Layout
//!
//! - `server_config`: what a server permits
//! - `connect`: which server, and as whom; `key`: the keys of hosts and operators
//! - `presence`: which hosts there are
//! - `streams`: where results and presence are kept
//! - `part`: an answer in parts
//! - `subject`: the names of subjects

#![forbid(unsafe_code)]

pub mod connect;
pub mod key;
pub mod part;
pub mod presence;
pub mod server_config;
pub mod streams;
pub mod subject;
