//! The machine's name.

/// The machine's name at this moment; it may change while the daemon runs.
pub(crate) fn host_name() -> String {
    nix::unistd::gethostname().map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned())
}
