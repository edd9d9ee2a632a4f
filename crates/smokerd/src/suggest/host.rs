//! What there is on the host, as its files say.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use smoker_checks::catalogue;

use crate::suggest::listeners;

/// The folders in which systemd has what is started with the host.
const WANTED: [&str; 2] = ["etc/systemd/system/multi-user.target.wants", "etc/systemd/system/graphical.target.wants"];

/// Where jobs of cron are.
const CRON: [&str; 3] = ["etc/cron.d", "var/spool/cron/crontabs", "var/spool/cron"];

/// Files of `cron.d` that are no jobs of this host's own, or hold places only.
const NO_JOBS: [&str; 2] = [".placeholder", "e2scrub_all"];

/// The most that is read of a file.
const LONGEST: u64 = 1 << 20;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Host {
    /// TCP ports that wait for clients.
    pub(super) listeners: BTreeSet<SocketAddr>,
    /// Services of systemd that are started with the host.
    pub(super) services: BTreeSet<String>,
    /// Units that systemd has given up.
    pub(super) failed: Vec<String>,
    /// Why these are not known.
    pub(super) failed_fault: Option<String>,
    /// Whether `/etc/fstab` has something to mount.
    pub(super) has_mounts: bool,
    pub(super) has_swap: bool,
    /// Certificates of the host's own.
    pub(super) certificates: BTreeSet<PathBuf>,
    /// Files with jobs of cron.
    pub(super) jobs: BTreeSet<PathBuf>,
}

impl Host {
    /// Looks at the files below this folder. What is not there, or may not be read, is left out.
    pub(super) fn read(root: &Path) -> Self {
        let text = |path: &str| text_of(&root.join(path));
        let names = |path: &str| names_in(&root.join(path));
        let sockets = ["proc/net/tcp", "proc/net/tcp6"].map(text);
        let services = WANTED.iter().flat_map(|folder| names(folder)).filter(|name| name.ends_with(".service"));
        let entries = text("etc/fstab");
        let mut mounts = entries.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let is_mounted = |line: &str| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let options = fields.get(3).copied().unwrap_or_default();
            fields.get(1).is_some_and(|path| path.starts_with('/'))
                && !options.split(',').any(|option| option == "noauto")
        };
        let live = "etc/letsencrypt/live";
        let of_name = |name: &String| Path::new("/").join(live).join(name).join("cert.pem");
        let jobs = CRON.iter().flat_map(|folder| {
            let is_file = |name: &String| root.join(folder).join(name).is_file();
            let own = names(folder).into_iter().filter(|name| !NO_JOBS.contains(&name.as_str())).filter(is_file);
            own.map(|name| Path::new("/").join(folder).join(name)).collect::<Vec<_>>()
        });
        Self {
            listeners: sockets.iter().flat_map(|text| listeners::of(text)).collect(),
            // An instance of a template is one, its template is not.
            services: services.filter(|name| !name.contains("@.")).map(|name| name.replace(".service", "")).collect(),
            failed: Vec::new(),
            failed_fault: None,
            has_mounts: mounts.any(is_mounted),
            has_swap: text("proc/swaps").lines().nth(1).is_some(),
            certificates: names(live).iter().map(of_name).filter(|path| is_there(root, path)).collect(),
            jobs: jobs.collect(),
        }
    }

    /// Asks systemd for the units that it has given up, which no file says.
    pub(super) fn ask_for_failed_units(&mut self) {
        match catalogue::failed_units() {
            Ok(failed) => self.failed = failed,
            Err(reason) => self.failed_fault = Some(reason),
        }
    }
}

fn is_there(root: &Path, path: &Path) -> bool {
    path.strip_prefix("/").is_ok_and(|path| root.join(path).exists())
}

fn names_in(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

fn text_of(path: &Path) -> String {
    // Files of the kernel have no length.
    let is_short = fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LONGEST);
    if is_short { fs::read_to_string(path).unwrap_or_default() } else { String::new() }
}
