//! Who may ask: the files of keys, the header of tokens, and the first bytes of TLS.

mod authorization;
mod authorized_clients;
mod client_hello;
mod known_hosts;

use crate::target::Target;

pub(crate) const TARGETS: [Target; 4] =
    [authorized_clients::TARGET, known_hosts::TARGET, authorization::TARGET, client_hello::TARGET];
