//! Whether the plugins that others name (`DependsOn`, `After`) exist, and nobody waits for itself.

use std::collections::{HashMap, HashSet};

use smoker_model::plugin::{OnParentBad, PluginName, PluginSpec};
use smoker_model::suggest;

/// A key with which a plugin names others.
#[derive(Clone, Copy, Debug)]
struct Relation {
    /// What goes in a circle, for messages.
    what: &'static str,
    /// The key that stands for it in the configuration.
    place: &'static str,
    names: fn(&PluginSpec) -> Vec<&PluginName>,
}

const DEPENDS_ON: Relation =
    Relation { what: "DependsOn goes", place: "DependsOn", names: |spec| spec.rules.depends_on.iter().collect() };

const AFTER: Relation =
    Relation { what: "After goes", place: "After", names: |spec| spec.rules.after.iter().collect() };

/// Both together: a plugin without times of its own waits for those after which it runs as for those that it depends on.
const BOTH: Relation = Relation {
    what: "DependsOn and After go",
    place: "DependsOn",
    names: |spec| {
        let rules = &spec.rules;
        let skips = rules.on_parent_bad == OnParentBad::Skip;
        let depends_on = rules.depends_on.iter().filter(|_| skips);
        depends_on.chain(rules.after.iter().filter(|_| spec.trigger.is_none())).collect()
    },
};

/// What is wrong with a plugin's relation: the plugin, the key, and the reason.
pub(crate) type Wrong = (PluginName, &'static str, String);

/// Takes out the names that are none of `known`, and tells them. These are all names of the configuration, also of plugins that are
/// switched off or do not load: nobody has to wait for these.
///
/// Both keys were parameters of the user's own before they meant something, so another text keeps no plugin from running.
pub(crate) fn take_out_unknown(plugins: &mut [PluginSpec], known: &[String]) -> Vec<Wrong> {
    let list: Vec<&str> = known.iter().map(String::as_str).collect();
    let names: HashSet<&str> = list.iter().copied().collect();
    let mut unknown = Vec::new();
    for spec in plugins {
        let rules = &mut spec.rules;
        for (key, of_key) in [(DEPENDS_ON.place, &mut rules.depends_on), (AFTER.place, &mut rules.after)] {
            for name in of_key.extract_if(.., |name| !names.contains(name.as_str())) {
                let near = suggest::near(name.as_str(), &list).map(|near| format!("did you mean {near}?"));
                let next = near.unwrap_or_else(|| "name a plugin of this daemon".to_owned());
                let reason = format!("{key} {name}: there is no such plugin, so it sets nothing; {next}");
                unknown.push((spec.name.clone(), key, reason));
            }
        }
    }
    unknown
}

/// The plugins that wait for themselves.
pub(crate) fn all_circles(plugins: &[PluginSpec]) -> Vec<Wrong> {
    let mut all: Vec<_> = [DEPENDS_ON, AFTER].into_iter().flat_map(|relation| circles(plugins, relation)).collect();
    if all.is_empty() {
        all = circles(plugins, BOTH);
    }
    all
}

/// Each plugin that can be reached from itself, with the way.
fn circles(plugins: &[PluginSpec], relation: Relation) -> Vec<Wrong> {
    let specs: HashMap<&PluginName, &PluginSpec> = plugins.iter().map(|spec| (&spec.name, spec)).collect();
    let entangled = entangled(plugins, relation);
    let circle = |spec: &PluginSpec| {
        let way = way_back(&spec.name, relation, &specs)?;
        let way: Vec<_> = way.iter().map(PluginName::as_str).collect();
        let reason = format!("{} in a circle: {}; break it", relation.what, way.join(" -> "));
        Some((spec.name.clone(), relation.place, reason))
    };
    plugins.iter().filter(|spec| entangled.contains(&spec.name)).filter_map(circle).collect()
}

/// The plugins that lie on a circle, or between two of them: only for these the way back is looked for, which takes long in a large configuration.
fn entangled(plugins: &[PluginSpec], relation: Relation) -> HashSet<&PluginName> {
    let mut left: HashSet<&PluginName> = plugins.iter().map(|spec| &spec.name).collect();
    let (mut causes, mut consequences) = (Edges::new(), Edges::new());
    for spec in plugins {
        for name in (relation.names)(spec).into_iter().filter(|name| left.contains(name)) {
            causes.entry(&spec.name).or_default().push(name);
            consequences.entry(name).or_default().push(&spec.name);
        }
    }
    take_out_ends(&mut left, &causes, &consequences);
    take_out_ends(&mut left, &consequences, &causes);
    left
}

type Edges<'a> = HashMap<&'a PluginName, Vec<&'a PluginName>>;

/// Takes out the plugins from which no way leads on, until there is none.
fn take_out_ends<'a>(left: &mut HashSet<&'a PluginName>, ways: &Edges<'a>, back: &Edges<'a>) {
    let count =
        |name: &PluginName| ways.get(name).map_or(0, |names| names.iter().filter(|it| left.contains(*it)).count());
    let mut counts: HashMap<&PluginName, usize> = left.iter().map(|name| (*name, count(name))).collect();
    let mut ends: Vec<_> = counts.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    while let Some(end) = ends.pop() {
        left.remove(end);
        for name in back.get(end).into_iter().flatten() {
            if let Some(count) = counts.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    ends.push(name);
                }
            }
        }
    }
}

/// The shortest way from a plugin to itself.
fn way_back(
    start: &PluginName,
    relation: Relation,
    specs: &HashMap<&PluginName, &PluginSpec>,
) -> Option<Vec<PluginName>> {
    let mut before: HashMap<PluginName, PluginName> = HashMap::new();
    let mut next = vec![start.clone()];
    while !next.is_empty() {
        let mut further = Vec::new();
        for at in next {
            for name in specs.get(&at).map(|spec| (relation.names)(spec)).unwrap_or_default() {
                if name == start {
                    let mut way = vec![start.clone(), at.clone()];
                    while way.last() != Some(start) {
                        way.push(before.get(way.last()?)?.clone());
                    }
                    way.reverse();
                    return Some(way);
                }
                if !before.contains_key(name) {
                    before.insert(name.clone(), at.clone());
                    further.push(name.clone());
                }
            }
        }
        next = further;
    }
    None
}
