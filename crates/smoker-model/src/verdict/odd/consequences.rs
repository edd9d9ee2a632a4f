//! What hosts do not run because of another plugin: shown under that one, whose state is the cause.

use std::collections::{BTreeMap, HashMap};

use crate::verdict::odd::row::{Consequence, Group, HostNumber, Row, badness};

/// The hosts that do not run a plugin, each with the name of the plugin because of which.
pub(super) type Skipped = HashMap<HostNumber, String>;

/// The rows without what only follows from others, which have it as their consequences.
pub(super) fn fold<'a>(rows: Vec<Row>, skipped: impl Fn(&str) -> Option<&'a Skipped>) -> Vec<Row> {
    let causes = Causes::of(&rows);
    let mut found: BTreeMap<usize, Vec<Consequence>> = BTreeMap::new();
    let mut kept = Vec::new();
    for (number, row) in rows.into_iter().enumerate() {
        let is_run_everywhere = skipped(&row.plugin).is_none_or(Skipped::is_empty);
        if is_run_everywhere || row.component.is_some() {
            kept.push((number, row));
            continue;
        }
        let mut of_row: BTreeMap<usize, Vec<HostNumber>> = BTreeMap::new();
        let mut groups = row.groups;
        for group in &mut groups {
            group.hosts.retain(|host| {
                let cause = causes.find(&row.plugin, *host, &skipped);
                cause.map(|cause| of_row.entry(cause).or_default().push(*host)).is_none()
            });
        }
        groups.retain(|group| !group.hosts.is_empty());
        for (cause, mut hosts) in of_row {
            hosts.sort_unstable();
            found.entry(cause).or_default().push(Consequence { plugin: row.plugin.clone(), hosts });
        }
        kept.extend(Row::new(&row.plugin, None, groups).map(|row| (number, row)));
    }
    let with_consequences =
        |(number, row): (usize, Row)| Row { consequences: found.remove(&number).unwrap_or_default(), ..row };
    kept.into_iter().map(with_consequences).collect()
}

/// Where it is shown that a plugin is bad on a host.
struct Causes(HashMap<String, Vec<(usize, Vec<HostNumber>)>>);

impl Causes {
    fn of(rows: &[Row]) -> Self {
        let mut causes: HashMap<String, Vec<_>> = HashMap::new();
        for (number, row) in rows.iter().enumerate() {
            // Neither OK nor WARN.
            let is_bad = |group: &&Group| badness(&group.answer) > 1;
            let mut hosts: Vec<_> = row.groups.iter().filter(is_bad).flat_map(|group| group.hosts.clone()).collect();
            hosts.sort_unstable();
            causes.entry(row.plugin.clone()).or_default().push((number, hosts));
        }
        Self(causes)
    }

    /// The row that shows why a host does not run a plugin: that of the last plugin of the chain, which has run.
    fn find<'a>(
        &self,
        plugin: &str,
        host: HostNumber,
        skipped: &impl Fn(&str) -> Option<&'a Skipped>,
    ) -> Option<usize> {
        let parent_of = |plugin: &str| skipped(plugin).and_then(|skipped| skipped.get(&host));
        let mut parent = parent_of(plugin)?;
        // Daemons refuse circles, which must not hold up a client either.
        let mut seen = vec![plugin];
        while let Some(next) = parent_of(parent) {
            if seen.contains(&parent.as_str()) {
                return None;
            }
            seen.push(parent);
            parent = next;
        }
        let rows = self.0.get(parent)?;
        rows.iter().find(|(_, hosts)| hosts.binary_search(&host).is_ok()).map(|(number, _)| *number)
    }
}
