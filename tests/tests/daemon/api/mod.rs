//! The REST interface: the wire, clients of every kind, limits.

mod browsers;
mod client;
mod events;
mod fairness;
mod fleet_page;
mod history;
mod limits;
mod metrics;
mod openapi;
mod page;
mod rest;
mod results;
mod secrets;
