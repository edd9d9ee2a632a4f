//! Everything that reads what others wrote, one file each.

mod client_config;
mod client_http;
mod folder;
mod hosts;
mod imports;
mod journal;
mod logging;
mod matchers;
mod nats;
mod nsca;
mod output;
mod page;
mod parsers;
mod place;
mod planted;
mod rest;
mod shape;
mod template;
mod trust;
mod xml;
mod xml_template;
mod yaml;

use crate::target::Target;

/// Targets whose inputs wait for a peer more than they compute.
pub const WAITING: [&str; 1] = [client_http::TARGET.name];

/// All targets.
pub static ALL: [Target; 27] = {
    let [authorized_clients, known_hosts, authorization, client_hello] = trust::TARGETS;
    let [jmx, json, junit, nagios, regex, tap, varnish] = parsers::TARGETS;
    [
        yaml::TARGET,
        folder::TARGET,
        logging::TARGET,
        rest::TARGET,
        template::TARGET,
        output::TARGET,
        jmx,
        json,
        junit,
        nagios,
        regex,
        tap,
        varnish,
        nsca::TARGET,
        hosts::TARGET,
        page::TARGET,
        client_http::TARGET,
        xml_template::TARGET,
        client_config::TARGET,
        journal::TARGET,
        authorized_clients,
        known_hosts,
        authorization,
        client_hello,
        matchers::TARGET,
        imports::TARGET,
        nats::TARGET,
    ]
};

/// The targets of these names; `all` stands for each. `None`: one is unknown.
#[must_use]
pub fn named(names: &[String]) -> Option<Vec<&'static Target>> {
    let mut found = Vec::new();
    for name in names {
        if name == "all" {
            found.extend(&ALL);
        } else {
            found.push(ALL.iter().chain(&planted::ALL).find(|target| target.name == name)?);
        }
    }
    Some(found)
}
