//! The NRPE server of the system, and its client. Both speak TLS by default.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use smoker_tests::started::Started;
use smoker_tests::wait;
use tempfile::TempDir;

use crate::stopwatch;

/// Where Debian and Red Hat put the programs.
const SERVERS: [&str; 2] = ["/usr/sbin/nrpe", "/usr/bin/nrpe"];
const CLIENTS: [&str; 2] = ["/usr/lib/nagios/plugins/check_nrpe", "/usr/lib64/nagios/plugins/check_nrpe"];

/// The configuration that comes with the package, which names the server's account.
const INSTALLED: &str = "/etc/nagios/nrpe.cfg";

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Nrpe {
    _server: Started,
    client: &'static str,
    port: u16,
    _folder: TempDir,
}

impl Nrpe {
    /// Starts one that runs this command for the check `bench`.
    pub(crate) fn start(command: &str) -> Result<Self, String> {
        let found = |paths: [&'static str; 2]| paths.into_iter().find(|path| Path::new(path).exists());
        let (Some(server), Some(client)) = (found(SERVERS), found(CLIENTS)) else {
            return Err("nrpe is not there; apt-get install nagios-nrpe-server nagios-nrpe-plugin".to_owned());
        };
        let failed = |error: std::io::Error| format!("nrpe does not start: {error}");
        let folder = TempDir::new().map_err(failed)?;
        // A port that was free a moment ago.
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).map_err(failed)?.port();
        let config = folder.path().join("nrpe.cfg");
        let text = format!(
            "server_address=127.0.0.1\nserver_port={port}\nallowed_hosts=127.0.0.1\npid_file={}\ncommand[bench]={command}\n{}",
            folder.path().join("pid").display(),
            account().map_err(failed)?
        );
        fs::write(&config, text).map_err(failed)?;
        let mut started = Command::new(server);
        started
            .arg("-c")
            .arg(&config)
            .arg("-f")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = Started::spawn(&mut started).map_err(failed)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let serves = wait::within(Duration::from_secs(10), || TcpStream::connect(address).is_ok().then_some(()));
        serves.ok_or("nrpe does not serve")?;
        Ok(Self { _server: server, client, port, _folder: folder })
    }

    /// The median time of this many checks, in milliseconds.
    pub(crate) fn check(&self, times: u32) -> Result<f64, String> {
        let port = self.port.to_string();
        stopwatch::cost(times, self.client, &["-H", "127.0.0.1", "-p", &port, "-c", "bench"]).map(|cost| cost.wall)
    }
}

/// The lines by which the server takes on its account, as in the configuration that is installed; without them it does not start.
fn account() -> std::io::Result<String> {
    let installed = fs::read_to_string(INSTALLED)?;
    let of_account = |line: &&str| line.starts_with("nrpe_user=") || line.starts_with("nrpe_group=");
    let lines: Vec<_> = installed.lines().filter(of_account).collect();
    Ok(lines.join("\n") + "\n")
}
