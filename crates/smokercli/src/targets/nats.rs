//! Hosts that are reached through a NATS server: which one, as whom, and the hosts that have reported there.

use std::env;
use std::path::PathBuf;

use smoker_nats::presence::Present;

use crate::cli::options::host_args::HostArgs;
use crate::config::ClientConfig;
use crate::config::nats::NatsSettings;
use crate::error::ExitError;
use crate::inventory::groups::{Inventory, Member};
use crate::inventory::selection::NamedHosts;
use crate::transport::nats::connection::NatsConnection;
use crate::transport::nats::server::{CREDS, ServerChoice, URL};

/// Connects to the server that the options name, else the environment, else the configuration.
///
/// # Errors
///
/// When the configuration of it cannot be used, or there is no connection.
pub(super) fn connect(args: &HostArgs, config: &ClientConfig) -> Result<NatsConnection, ExitError> {
    let settings = config.nats.clone().map_err(ExitError::new)?;
    let choice = chosen(args, settings, |name| env::var(name).ok().filter(|value| !value.is_empty()));
    choice.open(args.connect_timeout).map_err(ExitError::new)
}

/// The server, the identity and the fleet.
fn chosen(args: &HostArgs, settings: NatsSettings, variable: impl Fn(&str) -> Option<String>) -> ServerChoice {
    let typed = args.nats.clone().flatten();
    // A certificate that is typed has its key in the same file, unless another one is typed, too.
    let certificate = match (&args.cert, settings.cert) {
        (Some(cert), _) => Some((cert.clone(), args.key.clone())),
        (None, Some(cert)) => Some((cert, settings.key)),
        (None, None) => None,
    };
    ServerChoice {
        url: typed.or_else(|| variable(URL)).or(settings.url),
        creds: args.creds.clone().or_else(|| variable(CREDS).map(PathBuf::from)).or(settings.creds),
        certificate,
        cacert: args.cacert.clone().or(settings.ca),
        fleet: args.fleet.clone().or(settings.fleet),
    }
}

/// Whether it takes the hosts that have reported to say which ones are meant: all of them, or those of a group that the inventory lacks.
///
/// # Errors
///
/// When the inventory cannot be used.
pub(super) fn takes_present(named: &NamedHosts, inventory: &Inventory) -> Result<bool, ExitError> {
    let groups = inventory.resolve()?;
    let is_known = |typed: &String| groups.has(typed) || typed.split(',').all(|name| groups.has(name.trim()));
    Ok(!named.is_any() || !named.groups.iter().all(is_known))
}

/// Adds the hosts that have reported, with their labels, and their groups that the inventory lacks.
pub(super) fn add_present(inventory: &mut Inventory, present: &[Present]) {
    let known: Vec<_> = inventory.group_names().map(str::to_owned).collect();
    for presence in present.iter().map(|present| &present.presence) {
        for group in presence.groups.iter().filter(|group| !known.contains(group)) {
            inventory.group(group).members.push(Member::Host(presence.name.clone()));
        }
        let variables = inventory.host(&presence.name);
        for (label, text) in &presence.labels {
            variables.entry(label.clone()).or_insert_with(|| text.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use smoker_nats::presence::Presence;

    use super::*;
    use crate::inventory::address::HostAddress;
    use crate::inventory::selection::HostSelection;
    use crate::transport::nats::server::{DEFAULT_FLEET, DEFAULT_URL};

    fn host(name: &str, groups: &[&str]) -> Present {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        let labels = [("dc".to_owned(), "fra".to_owned())].into();
        Present { presence: Presence { name: name.into(), groups, labels, ..Presence::default() }, age: Duration::ZERO }
    }

    #[test]
    fn a_group_of_the_inventory_wins_over_one_that_hosts_report() {
        let mut inventory = Inventory::default();
        inventory.group("web").members = vec![Member::Host("web1".into())];
        inventory.host("web1").insert("dc".into(), "ams".into());
        let named = |groups: &[&str]| NamedHosts {
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            ..NamedHosts::default()
        };
        for (groups, expected) in [(&["web"][..], false), (&["web,db"], true), (&["db"], true), (&[], true)] {
            assert_eq!(takes_present(&named(groups), &inventory), Ok(expected), "{groups:?}");
        }
        add_present(&mut inventory, &[host("web1", &["web", "eu"]), host("web2", &["web", "eu"])]);
        let groups = inventory.resolve().expect("no circle");
        assert_eq!(groups.hosts_of("web"), Ok(vec!["web1".to_owned()]));
        assert_eq!(groups.hosts_of("eu"), Ok(vec!["web1".to_owned(), "web2".to_owned()]));
        assert_eq!(groups.facts()["web1"].labels()["dc"], "ams");
        assert_eq!(groups.facts()["web2"].labels()["dc"], "fra");
    }

    #[test]
    fn no_host_hides_another_by_its_labels_or_the_case_of_its_name() {
        let mut inventory = Inventory::default();
        let mut present = vec![host("a", &[]), host("b", &[]), host("B", &[])];
        present[0].presence.labels.insert("smoker_host".into(), "b".into());
        add_present(&mut inventory, &present);
        let listed = present.iter().map(|present| present.presence.name.clone()).collect();
        let named = NamedHosts { listed, ..NamedHosts::default() };
        let found = HostSelection::find_at(&named, &inventory, "8086", HostAddress::through_nats).expect("hosts").0;
        let pages: Vec<_> = found.addresses().into_iter().filter_map(|address| address.page.ok()).collect();
        assert_eq!(pages.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["nats://a/", "nats://b/", "nats://B/"]);
    }

    #[test]
    fn options_win_over_the_environment_and_that_over_the_configuration() {
        let settings = || NatsSettings {
            url: Some("nats://file".into()),
            cert: Some("/cert".into()),
            key: Some("/key".into()),
            fleet: Some("eu".into()),
            ..NatsSettings::default()
        };
        let args = |nats: Option<&str>| HostArgs { nats: Some(nats.map(str::to_owned)), ..HostArgs::default() };
        let (connect, fleet) = chosen(&args(None), settings(), |_| None).connect();
        assert_eq!((connect.servers.as_str(), fleet.as_str()), ("nats://file", "eu"));
        assert_eq!(connect.cert_and_key, Some(("/cert".into(), "/key".into())));
        let variable = |name: &str| (name == URL).then(|| "nats://variable".to_owned());
        assert_eq!(chosen(&args(None), settings(), variable).connect().0.servers, "nats://variable");
        let typed = HostArgs { cert: Some("/own".into()), ..args(Some("nats://typed")) };
        let (connect, _) = chosen(&typed, settings(), variable).connect();
        assert_eq!(connect.servers, "nats://typed");
        assert_eq!(connect.cert_and_key, Some(("/own".into(), "/own".into())));
        let (connect, fleet) = chosen(&args(None), NatsSettings::default(), |_| None).connect();
        assert_eq!((connect.servers.as_str(), fleet.as_str()), (DEFAULT_URL, DEFAULT_FLEET));
    }
}
