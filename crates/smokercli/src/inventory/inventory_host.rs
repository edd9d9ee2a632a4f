//! A host with its groups and labels.

use std::collections::BTreeSet;

use crate::inventory::address::{HostAddress, host_and_port};
use crate::inventory::groups::{ALL, UNGROUPED, Variables};

/// A host that a call asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryHost {
    /// Where its daemon listens; the label is its name in the inventory, or as it was typed.
    pub address: HostAddress,
    /// The groups that it is in, also through other groups.
    pub groups: BTreeSet<String>,
    /// What the inventory says of it.
    pub labels: Variables,
}

impl InventoryHost {
    /// What patterns may mean it by, in lower case: its name, its host with and without the port, its groups.
    pub(super) fn names(&self) -> Vec<String> {
        let page = self.address.page.as_ref().ok().and_then(host_and_port);
        let address = page.as_ref().map(|(host, port)| format!("{host}:{port}"));
        let own = [Some(self.address.label.clone()), page.map(|(host, _)| host), address];
        let groups = self.own_groups().cloned();
        own.into_iter().flatten().chain(groups).map(|name| name.to_lowercase()).collect()
    }

    /// Its groups but for those that no pattern with wildcards means: `a*` is not every host.
    pub(super) fn own_groups(&self) -> impl Iterator<Item = &String> {
        self.groups.iter().filter(|group| ![ALL, UNGROUPED].contains(&group.as_str()))
    }

    /// What no other host of a call has.
    pub(super) fn key(&self) -> String {
        self.address.page.as_ref().map_or_else(|_| self.address.label.clone(), |url| url.as_str().to_owned())
    }
}
