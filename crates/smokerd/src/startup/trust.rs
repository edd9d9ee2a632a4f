//! Who could have written a configuration. What root runs, no other account may be able to change.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User, geteuid};
use smoker_config::problem::{Location, Problem, Severity};
use smoker_config::sources::{NamedFile, PluginSources, Sources};
use smoker_config::spec::settings::access_settings::AccessSettings;
use smoker_model::plugin::PluginSpec;
use smoker_paths::owners::{self, OwnedPath, Writable};
use smoker_runner::process::attributes::credentials::Credentials;

use crate::service::error::StartError;
use crate::startup::reach::{self, Reach};

/// The accounts of `--trust-owner`, whose files count as root's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TrustedOwners(Vec<u32>);

impl TrustedOwners {
    /// Looks the accounts up; a number needs no account.
    pub(crate) fn of(names: &[String]) -> Result<Self, StartError> {
        let user = |name: &String| {
            let known = User::from_name(name).ok().flatten().map(|user| user.uid.as_raw());
            known.or_else(|| name.parse().ok()).ok_or_else(|| StartError::UnknownOwner { name: name.clone() })
        };
        names.iter().map(user).collect::<Result<_, _>>().map(Self)
    }

    /// The numbers of the accounts.
    pub(crate) fn numbers(&self) -> &[u32] {
        &self.0
    }
}

/// What is wrong with the owners and modes of what a configuration was read from, and whether this process refuses it.
#[derive(Debug, Default)]
pub(crate) struct OwnershipReport {
    refused: Vec<String>,
    warnings: Vec<String>,
    /// What was looked at.
    judged: HashSet<PathBuf>,
    /// What the daemon's account could not read.
    beyond_reach: Vec<PathBuf>,
}

impl OwnershipReport {
    /// Looks at everything that was read, at further `paths` such as the folders of modules, and at all folders above.
    /// `daemon` is the account that the daemon becomes.
    pub(crate) fn of(sources: &Sources, paths: Vec<PathBuf>, trusted: &TrustedOwners, daemon: Option<Uid>) -> Self {
        let mut verdict = Self { refused: sources.from_working_directory.clone(), ..Self::default() };
        let accounts = accounts(trusted, daemon);
        let read = sources.paths.iter().cloned();
        verdict.judge_ways(&read.chain(paths).collect::<Vec<_>>(), &accounts, "what smokerd runs");
        verdict
    }

    /// Looks at further paths and at the folders above. Who can change them decides `what`.
    fn judge_ways(&mut self, paths: &[PathBuf], accounts: &[u32], what: &str) {
        for found in owners::ancestors_of(paths) {
            if self.judged.insert(found.path.clone()) {
                self.judge(&found, accounts, what);
            }
        }
    }

    /// Looks at the file of one plugin, and at what this verdict has not judged yet of the folders above it.
    fn of_plugin(&self, plugin: &PluginSources, accounts: &[u32]) -> Self {
        let mut verdict = Self { refused: plugin.from_working_directory.clone(), ..Self::default() };
        for found in owners::ancestors_of(&plugin.paths).iter().filter(|found| !self.judged.contains(&found.path)) {
            verdict.judge(found, accounts, "what smokerd runs");
        }
        verdict
    }

    fn judge(&mut self, found: &OwnedPath, accounts: &[u32], what: &str) {
        let OwnedPath { path, user, writable, named_writers } = found;
        let shown = path.display();
        if !accounts.contains(user) {
            self.refused.push(format!(
                "{shown} belongs to {}, neither to root nor to the daemon's account: chown root {shown}, or start smokerd \
                 with --trust-owner {}",
                name_of(*user),
                name_of(*user)
            ));
        }
        for name in named_writers.iter().filter(|user| !accounts.contains(user)).map(|user| name_of(*user)) {
            self.refused.push(format!(
                "{shown} can be written by {name}, whom its access control list (ACL) names and who would decide {what}: \
                 setfacl -x u:{name} {shown}, or start smokerd with --trust-owner {name}"
            ));
        }
        match writable {
            Writable::Owner => {}
            Writable::Group => {
                self.warnings.push(format!(
                    "{shown} can be written by a group, whose accounts decide {what}: chmod g-w {shown}"
                ));
            }
            Writable::Everybody => self
                .refused
                .push(format!("{shown} can be written by everybody, who would decide {what}: chmod o-w {shown}")),
        }
    }

    /// Refuses what the daemon's account has root read for it, and notes what else that account cannot read.
    fn add_out_of_reach(&mut self, named: &[NamedFile], trusted: &TrustedOwners, daemon: Option<&Credentials>) {
        // A daemon that has its account already has read all by itself.
        let Some(daemon) = daemon.filter(|it| !it.uid.is_root() && it.uid != geteuid()) else { return };
        let refuses = geteuid().is_root() && !trusted.0.contains(&daemon.uid.as_raw());
        let name = name_of(daemon.uid.as_raw());
        for file in named {
            match Reach::of(file, daemon, &name) {
                Reach::Within => {}
                Reach::Refused(reason) if refuses => self.refused.push(reason),
                Reach::Refused(_) | Reach::Beyond => self.beyond_reach.push(file.path.clone()),
            }
        }
    }

    /// The problems that do not keep this process from running the configuration. The error has all that does: only root
    /// refuses, since nobody else has more rights than the accounts that could have written it.
    pub(crate) fn into_problems(self) -> Result<Vec<Problem>, StartError> {
        let Self { refused, warnings, .. } = self;
        let problem = |text| Problem { severity: Severity::Warning, location: None, plugin: None, text };
        if !geteuid().is_root() {
            return Ok(refused
                .into_iter()
                .map(|text| problem(format!("{text}. As root smokerd refuses it")))
                .collect());
        }
        if !refused.is_empty() {
            return Err(StartError::Untrusted { reasons: refused });
        }
        Ok(warnings.into_iter().map(problem).collect())
    }
}

/// What decides whom the daemon answers: certificates, authorities, revocation lists, and the folder above that of keys, which
/// itself is judged where it is opened.
fn deciding_paths(access: &AccessSettings) -> Vec<PathBuf> {
    let AccessSettings { state_dir, tls_cert, tls_key, tls_client_ca, tls_crl, .. } = access;
    let files = [tls_cert, tls_key, tls_client_ca, tls_crl].into_iter().flatten().map(PathBuf::as_path);
    files.chain(state_dir.as_ref().and_then(|folder| folder.parent())).map(Path::to_owned).collect()
}

/// Judges a whole configuration with the `modules` that it names, and what its settings say of `access`. The file of a plugin that is refused counts as one that
/// is broken: the plugin is left out, and nothing looks further at what is `left_out` of it.
pub(crate) fn judge(
    sources: &Sources,
    modules: Vec<PathBuf>,
    access: &AccessSettings,
    plugins: &mut Vec<PluginSpec>,
    left_out: &mut Vec<PluginSpec>,
    trusted: &TrustedOwners,
    daemon: Option<&Credentials>,
) -> Result<Vec<Problem>, StartError> {
    let account = daemon.map(|daemon| daemon.uid);
    let mut whole = OwnershipReport::of(sources, modules, trusted, account);
    whole.add_out_of_reach(&sources.named, trusted, daemon);
    let accounts = accounts(trusted, account);
    whole.judge_ways(&deciding_paths(access), &accounts, "whom smokerd answers");
    if let Some(folder) = access.socket.as_ref().and_then(|socket| socket.parent()) {
        // `RuntimeDirectory=` gives it to the account of the unit, which the configuration need not name.
        let own = fs::metadata(folder).ok().map(|found| found.uid());
        let accounts: Vec<_> = accounts.iter().copied().chain(own).collect();
        whole.judge_ways(&[folder.to_owned()], &accounts, "who answers in place of smokerd");
    }
    let mut beyond_reach = whole.beyond_reach.clone();
    let mut of_plugins = Vec::new();
    for part in &sources.of_plugins {
        let name = &part.plugin;
        let location = part.paths.first().map(|file| Location { file: file.clone(), line: 1, column: 1 });
        let problem =
            |severity, text| Problem { severity, location: location.clone(), plugin: Some(name.clone()), text };
        let mut verdict = whole.of_plugin(part, &accounts);
        verdict.add_out_of_reach(&part.named, trusted, daemon);
        let of_part = std::mem::take(&mut verdict.beyond_reach);
        match verdict.into_problems() {
            Ok(problems) => {
                of_plugins.extend(problems.into_iter().map(|it| problem(it.severity, it.text)));
                beyond_reach.extend(of_part);
            }
            Err(StartError::Untrusted { reasons }) => {
                plugins.retain(|plugin| plugin.name != *name);
                left_out.retain(|plugin| plugin.name != *name);
                let text = format!("Plugin {name} not loaded: {}", reasons.join("; "));
                of_plugins.push(problem(Severity::Error, text));
            }
            Err(error) => return Err(error),
        }
    }
    let mut problems = whole.into_problems()?;
    problems.extend(of_plugins);
    problems.extend(daemon.and_then(|daemon| unreadable(&beyond_reach, daemon)));
    Ok(problems)
}

/// The warning of files that load at a start alone.
fn unreadable(files: &[PathBuf], daemon: &Credentials) -> Option<Problem> {
    let first = files.first()?;
    let others = match files.len() {
        1 => String::new(),
        2 => " and another file".to_owned(),
        count => format!(" and {} other files", count - 1),
    };
    let name = name_of(daemon.uid.as_raw());
    let cure = match reach::obstacle(first, daemon).filter(|obstacle| obstacle.has_list) {
        Some(obstacle) => obstacle.cure(&name),
        None => format!("let a group of {name} read it (chgrp, chmod g+r)"),
    };
    let text = format!(
        "{}{others} cannot be read by {name}, the account that smokerd becomes: it is read at a start, and not at a \
         reload; {cure}, or restart smokerd in place of a reload",
        first.display()
    );
    Some(Problem { severity: Severity::Warning, location: None, plugin: None, text })
}

/// The accounts whose files a daemon takes: root, its own, and those that are trusted.
fn accounts(trusted: &TrustedOwners, daemon: Option<Uid>) -> Vec<u32> {
    let own = [Some(Uid::from_raw(0)), Some(geteuid()), daemon].into_iter().flatten();
    own.map(Uid::as_raw).chain(trusted.0.iter().copied()).collect()
}

/// The name of an account, else its number.
fn name_of(user: u32) -> String {
    User::from_uid(Uid::from_raw(user)).ok().flatten().map_or_else(|| user.to_string(), |user| user.name)
}

/// Judges a single file, such as a logging configuration.
pub(crate) fn judge_file(
    path: &Path,
    trusted: &TrustedOwners,
    daemon: Option<Uid>,
) -> Result<Vec<Problem>, StartError> {
    OwnershipReport::of(&Sources::default(), vec![path.to_owned()], trusted, daemon).into_problems()
}
