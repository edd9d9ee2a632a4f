//! Selects plugins.

use serde_json::json;
use smoker_model::secrets::secret_name;
use smoker_model::status::Status;
use smoker_model::value::secret::MASK;

use crate::plugin::Plugin;
use crate::plugin::value_text::printed;
use crate::plugin::view::PluginView;

/// A condition: a parameter and the text that its value has to print as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterTest {
    /// The parameter's name.
    pub key: String,
    /// Its printed value.
    pub value: String,
}

impl ParameterTest {
    /// A test for this name and value.
    #[must_use]
    pub fn new(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), value: value.to_owned() }
    }

    /// Reads `Key value`, split at the first space. `None` if there is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split_once(' ').map(|(key, value)| Self::new(key, value))
    }

    fn holds(&self, view: &PluginView) -> bool {
        let value = view.parameters().and_then(|parameters| parameters.get(&self.key));
        value.is_some_and(|value| printed(value) == self.value)
    }
}

/// What happens to the plugins that pass the filter (`--exclude` drops them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FilterMode {
    /// They are kept.
    #[default]
    Keep,
    /// They are dropped.
    Drop,
}

/// A name of the command line and the names of plugins that it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedName {
    /// The name as it was typed.
    pub typed: String,
    /// The plugins' names; empty when no host has any of them.
    pub names: Vec<String>,
}

impl WantedName {
    /// Whether a host with these plugins has it.
    #[must_use]
    pub fn is_among<'a>(&self, mut plugins: impl Iterator<Item = &'a str>) -> bool {
        plugins.any(|plugin| self.names.iter().any(|name| name == plugin))
    }
}

fn wanted<'a>(typed: &str, plugins: &(impl Iterator<Item = &'a str> + Clone)) -> Vec<WantedName> {
    let names = named(typed, plugins);
    let parts = split(typed);
    if !names.is_empty() || parts.len() < 2 {
        return vec![WantedName { typed: typed.to_owned(), names }];
    }
    parts.into_iter().map(|part| WantedName { typed: part.to_owned(), names: named(part, plugins) }).collect()
}

/// The plugins with this name: exactly, or else but for the case.
fn named<'a>(typed: &str, plugins: &(impl Iterator<Item = &'a str> + Clone)) -> Vec<String> {
    if plugins.clone().any(|name| name == typed) {
        return vec![typed.to_owned()];
    }
    let lower = typed.to_lowercase();
    let mut names: Vec<String> = Vec::new();
    for name in plugins.clone().filter(|name| name.to_lowercase() == lower) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Whether this is what a daemon shows of a secret: a mask, alone or in the place of the password of a URL.
fn has_mask(key: &str, value: &str) -> bool {
    value.contains(MASK)
        && (secret_name::is_secret(key) || value.contains(&format!(":{MASK}@")) || value.starts_with(['[', '{']))
}

/// The parts of a list with commas.
fn split(typed: &str) -> Vec<&str> {
    typed.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// All filters of a command line.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Filter {
    /// Whether plugins that pass are kept or dropped.
    pub mode: FilterMode,
    /// Names of which a plugin has to have one; empty: any name.
    pub names: Vec<String>,
    /// Names that are dropped in either mode.
    pub excluded_names: Vec<String>,
    /// Parameters that all have to match.
    pub tests: Vec<ParameterTest>,
    /// Values of the parameter `Type` of which one has to match; empty: any.
    pub types: Vec<String>,
    /// Whether `RunOnLocked` has to be true.
    pub locked: bool,
    /// The wanted statuses; `None`: any.
    pub statuses: Option<Vec<Status>>,
}

impl Filter {
    /// What it chooses plugins by, the same text for the same choice; none when it chooses all.
    #[must_use]
    pub fn selection(&self) -> Option<String> {
        let chosen = Self { statuses: None, ..self.clone() };
        if chosen == Self::default() {
            return None;
        }
        let Self { mode, names, excluded_names, tests, types, locked, .. } = chosen;
        let tests: Vec<_> = tests.iter().map(|test| [&test.key, &test.value]).collect();
        let is_dropped = mode == FilterMode::Drop;
        Some(json!([is_dropped, names, excluded_names, tests, types, locked]).to_string())
    }

    /// Whether the filter has both names and parameters, of which the user is warned.
    #[must_use]
    pub fn has_names_and_parameters(&self) -> bool {
        !self.names.is_empty() && self.has_parameters()
    }

    /// Whether the names say which plugins every host should have. Under `--exclude` they say what is not wanted.
    #[must_use]
    pub fn names_what_is_wanted(&self) -> bool {
        self.mode == FilterMode::Keep && !self.names.is_empty()
    }

    /// Whether parameters of plugins choose among them.
    #[must_use]
    pub fn has_parameters(&self) -> bool {
        !self.tests.is_empty() || !self.types.is_empty() || self.locked
    }

    /// What each name of `names` means among the plugins of the whole fleet. A name that exists on any host is
    /// matched exactly; else names that differ from it in case alone are meant; else it may be a list, `a,b`.
    #[must_use]
    pub fn wanted_names<'a>(&self, plugins: &(impl Iterator<Item = &'a str> + Clone)) -> Vec<WantedName> {
        self.names.iter().flat_map(|typed| wanted(typed, plugins)).collect()
    }

    /// This filter with every name replaced by what it means among `plugins`, those of the whole fleet.
    #[must_use]
    pub fn resolve_names<'a>(&self, plugins: &(impl Iterator<Item = &'a str> + Clone)) -> Self {
        let mut names: Vec<String> = Vec::new();
        for name in self.wanted_names(plugins).into_iter().flat_map(|wanted| wanted.names) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        // An empty list would select plugins of any name.
        if names.is_empty() {
            names.clone_from(&self.names);
        }
        let has = |name: &str| plugins.clone().any(|plugin| plugin == name);
        let excluded =
            self.excluded_names.iter().flat_map(|typed| if has(typed) { vec![typed.as_str()] } else { split(typed) });
        Self { names, excluded_names: excluded.map(str::to_owned).collect(), ..self.clone() }
    }

    /// Whether the statuses say what is dropped: the filter has nothing else under `--exclude`.
    #[must_use]
    pub fn has_only_statuses_to_drop(&self) -> bool {
        self.mode == FilterMode::Drop && self.names.is_empty() && !self.has_parameters()
    }

    /// Whether a result with this status is wanted, of a plugin that is.
    #[must_use]
    pub fn has_status(&self, status: Status) -> bool {
        self.statuses.as_ref().is_none_or(|wanted| wanted.contains(&status))
    }

    /// The same, where statuses say what is wanted, although they were said to be dropped.
    #[must_use]
    pub fn with_wanted_statuses(self, all: &[Status]) -> Self {
        if !self.has_only_statuses_to_drop() {
            return self;
        }
        let wanted = |dropped: &[Status]| all.iter().copied().filter(|status| !dropped.contains(status)).collect();
        Self { mode: FilterMode::Keep, statuses: self.statuses.as_deref().map(wanted), ..self }
    }

    /// This filter for plugins in any status.
    #[must_use]
    pub fn in_any_status(&self) -> Self {
        Self { statuses: None, ..self.clone() }
    }

    /// The parameter of a test whose value the daemon masks in this plugin: by
    /// what stands for it, nothing can be selected.
    #[must_use]
    pub fn masked_key(&self, plugin: &Plugin) -> Option<&str> {
        if self.tests.is_empty() {
            return None;
        }
        let view = plugin.view();
        let is_masked = |key: &&str| {
            let value = view.parameters().and_then(|parameters| parameters.get(*key));
            value.is_some_and(|value| has_mask(key, &printed(value)))
        };
        self.tests.iter().map(|test| test.key.as_str()).find(is_masked)
    }

    /// Whether the filter selects this plugin. Its names must have been resolved by [`Self::resolve_names`].
    #[must_use]
    pub fn selects(&self, plugin: &Plugin) -> bool {
        let listed = |names: &[String]| names.iter().any(|name| name == plugin.name());
        if listed(&self.excluded_names) {
            return false;
        }
        let status_passes = self.statuses.as_ref().is_none_or(|wanted| self.is_in(plugin, wanted));
        let passes = || (self.names.is_empty() || listed(&self.names)) && self.parameters_pass(plugin);
        match self.mode {
            FilterMode::Keep => status_passes && passes(),
            FilterMode::Drop if self.has_only_statuses_to_drop() => self.statuses.is_none() || !status_passes,
            FilterMode::Drop => status_passes && !passes(),
        }
    }

    /// Whether the plugin is in one of these statuses. A status that cannot be read may be any bad one: a filter for
    /// those keeps the plugin, and one that drops statuses does, too.
    fn is_in(&self, plugin: &Plugin, statuses: &[Status]) -> bool {
        if plugin.is_readable() {
            return statuses.contains(&plugin.status());
        }
        !self.has_only_statuses_to_drop() && statuses.iter().any(|status| *status != Status::Ok)
    }

    fn parameters_pass(&self, plugin: &Plugin) -> bool {
        if !self.has_parameters() {
            return true;
        }
        let view = plugin.view();
        let is_type = |kind: &String| ParameterTest::new("Type", kind).holds(&view);
        let on_locked =
            || view.parameters().and_then(|all| all.get("RunOnLocked")) == Some(&serde_json::Value::Bool(true));
        self.tests.iter().all(|test| test.holds(&view))
            && (self.types.is_empty() || self.types.iter().any(is_type))
            && (!self.locked || on_locked())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::RawValue;

    use super::*;

    fn plugin(name: &str, status: &str, parameters: &serde_json::Value) -> Plugin {
        let json = json!({"name": name, "lastResult": {"status": status}, "parameters": parameters});
        Plugin::parse(RawValue::from_string(json.to_string()).expect("JSON"))
    }

    #[test]
    fn values_are_compared_as_they_are_printed() {
        let subject = plugin("p", "OK", &json!({"N": 30, "F": 2.0, "B": true, "Z": null, "S": "web servers", "E": ""}));
        for (text, expected) in [
            ("N 30", true),
            ("F 2.0", true),
            ("F 2", false),
            ("B True", true),
            ("B true", false),
            ("Z None", true),
            ("S web servers", true),
            ("S web", false),
            ("E ", true),
            ("X y", false),
        ] {
            let filter = Filter { tests: vec![ParameterTest::parse(text).expect("a test")], ..Filter::default() };
            assert_eq!(filter.selects(&subject), expected, "{text}");
        }
        assert_eq!(ParameterTest::parse("Category"), None);
    }

    #[test]
    fn case_is_ignored_only_for_a_name_that_no_plugin_has_exactly() {
        let filter = Filter { names: vec!["Varnish".into(), "x".into()], ..Filter::default() };
        assert_eq!(filter.resolve_names(&["varnish", "VARNISH", "y"].into_iter()).names, ["varnish", "VARNISH"]);
        assert_eq!(filter.resolve_names(&["varnish", "Varnish"].into_iter()).names, ["Varnish"]);
        assert_eq!(filter.resolve_names(&["y"].into_iter()).names, ["Varnish", "x"]);
    }

    #[test]
    fn a_comma_separates_names_unless_a_plugin_has_it() {
        let filter = Filter { names: vec!["a,B, c".into()], excluded_names: vec!["x,y".into()], ..Filter::default() };
        let resolved = filter.resolve_names(&["a", "b", "x"].into_iter());
        assert_eq!(
            (resolved.names, resolved.excluded_names),
            (vec!["a".into(), "b".into()], vec!["x".into(), "y".into()])
        );
        assert_eq!(filter.resolve_names(&["a", "a,B, c"].into_iter()).names, ["a,B, c"]);
        let missing: Vec<_> = filter.wanted_names(&["a", "b"].into_iter());
        assert_eq!(missing.iter().filter(|name| !name.is_among(["a", "b"].into_iter())).count(), 1);
    }

    #[test]
    fn excluding_drops_what_passes_everything_and_states_stay_positive() {
        let a = plugin("a", "ERROR", &json!({"C": "1", "D": "1"}));
        let b = plugin("b", "OK", &json!({"C": "1"}));
        let drop = |tests: &[&str], statuses| Filter {
            mode: FilterMode::Drop,
            tests: tests.iter().filter_map(|test| ParameterTest::parse(test)).collect(),
            statuses,
            ..Filter::default()
        };
        let picks = |filter: Filter| (filter.selects(&a), filter.selects(&b));
        assert_eq!(picks(drop(&["C 1", "D 1"], None)), (false, true));
        assert_eq!(picks(drop(&["D 1"], Some(vec![Status::Error]))), (false, false));
        assert_eq!(picks(drop(&["D 2"], Some(vec![Status::Error]))), (true, false));
        assert_eq!(picks(drop(&[], Some(vec![Status::Error]))), (false, true));
        assert_eq!(picks(drop(&[], None)), (true, true));
    }
}
