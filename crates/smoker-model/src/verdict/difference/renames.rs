//! Which part has probably another name now.

use std::collections::{BTreeMap, BTreeSet};

use crate::verdict::part::Part;

/// Parts that have probably another name now: the only one that is gone and the only one that has come, of the components
/// of a plugin or of the plugins of a host.
#[must_use]
pub fn renames<'a>(gone: &[&'a Part], added: &[&'a Part]) -> BTreeMap<&'a Part, &'a Part> {
    let mut families: BTreeMap<Option<&str>, (Vec<&'a Part>, Vec<&'a Part>)> = BTreeMap::new();
    let family = |part: &'a Part| part.component.as_ref().map(|_| part.plugin.as_str());
    for part in gone {
        families.entry(family(part)).or_default().0.push(part);
    }
    for part in added {
        families.entry(family(part)).or_default().1.push(part);
    }
    let mut found: BTreeMap<_, _> = families
        .values()
        .filter_map(|(gone, added)| match (&**gone, &**added) {
            ([old], [new]) => Some((*old, *new)),
            _ => None,
        })
        .collect();
    // The components of a renamed plugin have their names still.
    if let Some((old, new)) = found.iter().find(|(old, _)| old.component.is_none()).map(|(old, new)| (*old, *new)) {
        let added: BTreeSet<_> = added.iter().copied().collect();
        for part in gone.iter().filter(|part| part.plugin == old.plugin && part.component.is_some()) {
            let same = Part { plugin: new.plugin.clone(), component: part.component.clone() };
            found.extend(added.get(&same).map(|same| (*part, *same)));
        }
    }
    found
}
