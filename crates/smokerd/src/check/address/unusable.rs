//! An address that this host does not have, so that the daemon cannot listen.

use std::io;
use std::net::{TcpListener, ToSocketAddrs};
use std::time::Duration;

use smoker_config::spec::settings::DaemonSettings;

use crate::startup::bounded_read;

/// How long the name may take to be looked up.
const LOOKUP_LIMIT: Duration = Duration::from_secs(5);

/// Why the daemon cannot listen on the configured host, whatever the port; none when it can.
pub(crate) fn problem(settings: &DaemonSettings) -> Option<String> {
    let host = settings.bind_host.clone();
    if let Some((address, port)) = host.rsplit_once(':').filter(|(address, _)| !address.contains(':')) {
        return Some(format!(
            "bind_host {host} has a port, so the daemon would not start; write `bind_host: {address}` and `bind_port: {port}`"
        ));
    }
    let looked_up = host.clone();
    let bound = bounded_read::within(LOOKUP_LIMIT, &host, move || bind(&looked_up));
    let reason = match bound {
        Ok(Ok(())) => return None,
        Ok(Err(error)) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            "this host does not have that address".to_owned()
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => return None,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it is not found within {} seconds", LOOKUP_LIMIT.as_secs()),
    };
    Some(format!("bind_host {host}: {reason}, so the daemon would not start; correct it"))
}

/// Binds any free port of each address for a moment.
fn bind(host: &str) -> io::Result<()> {
    let addresses = (host, 0).to_socket_addrs()?;
    addresses.map(TcpListener::bind).try_for_each(|bound| bound.map(drop))
}
