//! What is sent to a collector of the OpenTelemetry protocol.

mod connections;
mod delivery;
mod settings;
mod signals;
