//! Writes the configuration of a NATS server: who connects, and what each may do. Seeds are made once; a later call with more hosts keeps them.

use std::collections::BTreeMap;
use std::path::Path;

use smoker_nats::key;
use smoker_nats::server_config::{Host, Operator, authorization};
use smoker_nats::subject::{EVERYBODY, Fleet, token};
use smoker_trust::storage::private_folder::PrivateFolder;
use smoker_trust::storage::{private_file, text_file};

use crate::cli::trust_args::{Hosts, NatsConfigArgs};
use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::output;
use crate::trust::targets;

/// The configuration's name in its folder.
const FILE: &str = "nats.conf";

/// Writes the configuration and the seeds that are missing.
///
/// # Errors
///
/// When a name cannot be used, or a file cannot be written.
pub(super) fn write(args: &NatsConfigArgs, port: &str) -> Result<u8, ExitError> {
    let names = names(&args.hosts, port)?;
    let mut groups = groups(&args.groups, port)?;
    if let Some(host) = groups.keys().find(|host| !names.contains(host)) {
        return Err(ExitError::usage(format!("{host} is in a group and not among the hosts; name it by -s, too")));
    }
    let folder = folder(&args.folder)?;
    let seeds = self::folder(&folder.path().join("hosts"))?;
    let hosts: Vec<_> = names
        .into_iter()
        .map(|name| {
            let key = public_key(&seeds, &name)?;
            Ok(Host { groups: groups.remove(&name).unwrap_or_default(), name, key })
        })
        .collect::<Result<_, ExitError>>()?;
    let seeds = self::folder(&folder.path().join("operators"))?;
    let operators: Vec<_> = args
        .operators
        .iter()
        .map(|name| Ok(Operator { name: name.clone(), key: public_key(&seeds, name)? }))
        .collect::<Result<_, ExitError>>()?;
    let path = folder.path().join(FILE);
    let text = server(args)? + &authorization(&Fleet::new(&args.fleet), &hosts, &operators);
    text_file::edit(&path, |_| Ok((text, ()))).map_err(|error| ExitError::new(error.to_string()))?;
    output::print(&format!(
        "{}: {} hosts, {} operators; their seeds are beside it\n",
        path.display(),
        hosts.len(),
        operators.len()
    ))?;
    Ok(exit_code::SUCCESS)
}

fn server(args: &NatsConfigArgs) -> Result<String, ExitError> {
    let listen = quoted(&args.listen)?;
    let store = quoted(&args.store.display().to_string())?;
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(cert), Some(key)) => {
            let (cert, key) = (quoted(&cert.display().to_string())?, quoted(&key.display().to_string())?);
            format!("tls {{ cert_file: {cert}, key_file: {key} }}\n")
        }
        _ => String::new(),
    };
    Ok(format!(
        "# Written by smokercli trust nats-config. A later call writes it again; nats-server --signal reload has the server read it.\n\
         listen: {listen}\njetstream {{ store_dir: {store} }}\n{tls}"
    ))
}

fn quoted(text: &str) -> Result<String, ExitError> {
    if text.chars().any(|letter| letter.is_control() || matches!(letter, '"' | '\\')) {
        return Err(ExitError::usage(format!("{text:?} cannot be in a configuration of NATS; use another path")));
    }
    Ok(format!("\"{text}\""))
}

/// The names of hosts, sorted, each once.
fn names(hosts: &Hosts, port: &str) -> Result<Vec<String>, ExitError> {
    let mut names: Vec<_> = targets::of(hosts, port)?.iter().map(|target| target.bare_host().to_owned()).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// The groups of each host that is in one.
fn groups(options: &[String], port: &str) -> Result<BTreeMap<String, Vec<String>>, ExitError> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for option in options {
        let (group, hosts) = option
            .split_once('=')
            .filter(|(group, hosts)| !group.is_empty() && !hosts.is_empty())
            .ok_or_else(|| ExitError::usage(format!("--group {option}: write GROUP=HOSTS, eg. 'web=web[01-40]'")))?;
        if group == EVERYBODY {
            return Err(ExitError::usage(format!("--group {option}: all hosts are in the group {EVERYBODY}")));
        }
        for host in names(&Hosts { hosts: vec![hosts.to_owned()], hosts_file: Vec::new() }, port)? {
            groups.entry(host).or_default().push(group.to_owned());
        }
    }
    Ok(groups)
}

fn folder(path: &Path) -> Result<PrivateFolder, ExitError> {
    PrivateFolder::make(path, None).map_err(|error| ExitError::new(error.to_string()))
}

/// The public key of the seed of this name, which is made when it is missing.
fn public_key(folder: &PrivateFolder, name: &str) -> Result<String, ExitError> {
    let failed = |reason: &dyn std::fmt::Display| ExitError::new(format!("the seed of {name}: {reason}"));
    let file = format!("{}.nk", token(name));
    let seed = key::make_seed().map_err(|reason| failed(&reason))?;
    private_file::make(folder, &file, format!("{seed}\n").as_bytes()).map_err(|error| failed(&error))?;
    let seed = private_file::read(folder, &file).map_err(|error| failed(&error))?.unwrap_or_default();
    key::public_key(&String::from_utf8_lossy(&seed)).map_err(|reason| failed(&reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read() {
        let options = ["web=web[1-2]", "big=web2"].map(str::to_owned);
        let groups = groups(&options, "8086").expect("groups");
        assert_eq!(groups["web1"], ["web"]);
        assert_eq!(groups["web2"], ["web", "big"]);
        for wrong in ["web", "=a", "web=", "all=a"] {
            assert!(super::groups(&[wrong.to_owned()], "8086").is_err(), "{wrong}");
        }
    }
}
