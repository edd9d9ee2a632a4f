//! Who could have written a configuration. What root runs, no other account may be able to change.

use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User, geteuid};
use smoker_config::problem::{Problem, Severity};
use smoker_config::sources::Sources;
use smoker_paths::owners::{self, OwnedPath, Writable};

use crate::service::error::StartError;

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
}

/// What is wrong with the owners and modes of what a configuration was read from, and whether this process refuses it.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    refused: Vec<String>,
    warnings: Vec<String>,
}

impl Verdict {
    /// Looks at everything that was read, at further `paths` such as the folders of modules, and at all folders above.
    /// `daemon` is the account that the daemon becomes.
    pub(crate) fn of(sources: &Sources, paths: Vec<PathBuf>, trusted: &TrustedOwners, daemon: Option<Uid>) -> Self {
        let mut verdict = Self { refused: sources.from_working_directory.clone(), warnings: Vec::new() };
        let own = [Some(Uid::from_raw(0)), Some(geteuid()), daemon].into_iter().flatten();
        let accounts: Vec<u32> = own.map(Uid::as_raw).chain(trusted.0.iter().copied()).collect();
        let read = sources.paths.iter().cloned();
        for found in owners::on_the_way(&read.chain(paths).collect::<Vec<_>>()) {
            verdict.judge(&found, &accounts);
        }
        verdict
    }

    fn judge(&mut self, found: &OwnedPath, accounts: &[u32]) {
        let OwnedPath { path, user, writable } = found;
        let shown = path.display();
        if !accounts.contains(user) {
            self.refused.push(format!(
                "{shown} belongs to {}, neither to root nor to the daemon's account: chown root {shown}, or start smokerd \
                 with --trust-owner {}",
                name_of(*user),
                name_of(*user)
            ));
        }
        match writable {
            Writable::Owner => {}
            Writable::Group => {
                self.warnings.push(format!(
                    "{shown} can be written by a group, whose accounts decide what smokerd runs: chmod g-w {shown}"
                ));
            }
            Writable::Everybody => self.refused.push(format!(
                "{shown} can be written by everybody, who would decide what smokerd runs: chmod o-w {shown}"
            )),
        }
    }

    /// The problems that do not keep this process from running the configuration. The error has all that does: only root
    /// refuses, since nobody else has more rights than the accounts that could have written it.
    pub(crate) fn into_problems(self) -> Result<Vec<Problem>, StartError> {
        let Self { refused, warnings } = self;
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
    Verdict::of(&Sources::default(), vec![path.to_owned()], trusted, daemon).into_problems()
}
