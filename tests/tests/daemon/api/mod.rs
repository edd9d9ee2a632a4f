//! The REST interface: the wire, clients of every kind, limits.

mod browsers;
mod client;
mod fairness;
mod limits;
mod rest;
mod results;
mod secrets;
