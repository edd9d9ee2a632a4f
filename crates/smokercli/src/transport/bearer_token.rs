//! A token that stands for a role (`--token-file`, `SMOKER_TOKEN_FILE`).

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use reqwest::Url;
use smoker_paths::regular;
use smoker_trust::access::tokens::PREFIX;

/// No token is longer.
const MAX_BYTES: u64 = 4096;

/// How long the token is waited for.
const LIMIT: Duration = Duration::from_secs(10);

/// The variable that names the file of the token.
const VARIABLE: &str = "SMOKER_TOKEN_FILE";

/// The text of a token.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken {
    text: String,
    warning: Option<String>,
    /// Whether this command was told to use it, not the whole environment.
    is_named: bool,
}

impl BearerToken {
    /// Reads the token of the named file, or else of the one that the environment names.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or has no token.
    pub fn find(named: Option<&Path>) -> Result<Option<Self>, String> {
        let variable = || std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let is_named = named.is_some();
        let (path, source) = match (named, variable()) {
            (Some(path), _) => (path.to_owned(), "--token-file"),
            (None, Some(path)) => (path, VARIABLE),
            (None, None) => return Ok(None),
        };
        let named = format!("{source} {}", path.display());
        let (text, mode) = read(&path).map_err(|reason| format!("{named}: {reason}"))?;
        let warning = mode.filter(|mode| mode & 0o004 != 0).map(|mode| {
            format!(
                "{named}: everybody on this host may read the token (mode {mode:04o}); run chmod 600 {}",
                path.display()
            )
        });
        Ok(Some(Self { text, warning, is_named }))
    }

    /// What is wrong with the file that it comes from, and what helps.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Whether it is sent over the Unix socket: there an account may have more than the token of a variable that is meant for other hosts.
    pub(super) fn is_for_socket(&self) -> bool {
        self.is_named
    }

    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> String {
        format!("Bearer {}", self.text)
    }
}

/// The token of a file, and the file's mode; a pipe, as `<(pass show NAME)` and `/dev/stdin` are, has none that says anything.
fn read(path: &Path) -> Result<(String, Option<u32>), String> {
    let (sender, receiver) = mpsc::channel();
    let named = path.to_owned();
    // Who writes into a pipe may never do so.
    thread::spawn(move || sender.send(read_whole(&named)));
    let read = receiver.recv_timeout(LIMIT).map_err(|_| {
        format!("it has given nothing within {} s; see whether what writes the token there runs", LIMIT.as_secs())
    })?;
    let (text, mode) =
        read.map_err(|error| format!("{error}; name a file with the token that smokerd --token add has printed"))?;
    let token = text.trim_start_matches('\u{feff}').trim();
    let is_token = token.starts_with(PREFIX) && token.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if !is_token {
        return Err(format!("it holds no token; a token begins with {PREFIX}, and smokerd --token add prints it"));
    }
    Ok((token.to_owned(), mode))
}

fn read_whole(path: &Path) -> io::Result<(String, Option<u32>)> {
    let mut text = String::new();
    if fs::metadata(path)?.is_file() {
        let file = regular::open(path)?;
        let mode = file.metadata()?.permissions().mode() & 0o7777;
        file.take(MAX_BYTES).read_to_string(&mut text)?;
        return Ok((text, Some(mode)));
    }
    // The first line: who writes may keep the pipe open.
    BufReader::new(File::open(path)?.take(MAX_BYTES)).read_line(&mut text)?;
    Ok((text, None))
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Whether a host is this one.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_and_not_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        std::fs::write(&path, "smoker_abc-_1\n").expect("writable");
        let token = BearerToken::find(Some(&path)).expect("a token").expect("named");
        assert_eq!((token.header().as_str(), format!("{token:?}").as_str()), ("Bearer smoker_abc-_1", "***"));
        for (mode, warns) in [(0o600, false), (0o640, false), (0o644, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("ours");
            let token = BearerToken::find(Some(&path)).expect("a token").expect("named");
            assert_eq!(token.warning().is_some_and(|text| text.contains("chmod 600 ")), warns, "{mode:o}");
        }
        for wrong in ["", "abc", "smoker_a b", "smoker_\u{1b}"] {
            std::fs::write(&path, wrong).expect("writable");
            let error = BearerToken::find(Some(&path)).expect_err(wrong);
            assert!(error.starts_with("--token-file ") && error.contains("no token"), "{error}");
        }
        assert!(BearerToken::find(Some(&folder.path().join("none"))).is_err());
    }

    #[test]
    fn a_token_comes_through_a_pipe_and_from_an_editor_that_writes_a_byte_order_mark() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let writer = pipe.clone();
        let writing = thread::spawn(move || {
            let mut pipe = File::options().write(true).open(writer).expect("a reader");
            std::io::Write::write_all(&mut pipe, b"smoker_abc\nuser: alice\n").expect("a reader");
            pipe
        });
        let token = BearerToken::find(Some(&pipe)).expect("a token").expect("named");
        assert_eq!((token.header().as_str(), token.warning()), ("Bearer smoker_abc", None));
        drop(writing.join());
        let path = folder.path().join("token");
        std::fs::write(&path, "\u{feff}smoker_abc\r\n").expect("writable");
        assert_eq!(BearerToken::find(Some(&path)).expect("a token").expect("named").header(), "Bearer smoker_abc");
        let error = BearerToken::find(Some(Path::new("/dev/zero"))).expect_err("no token");
        assert!(error.contains("no token"), "{error}");
    }

    #[test]
    fn only_addresses_of_this_host_are_loopback() {
        for (url, expected) in [
            ("http://localhost/", true),
            ("http://127.0.0.2:1/", true),
            ("http://[::1]:1/", true),
            ("http://web1:8086/", false),
            ("http://localhost.example.org/", false),
            ("http://192.0.2.1/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).expect("a URL")), expected, "{url}");
        }
    }
}
