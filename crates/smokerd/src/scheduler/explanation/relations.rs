//! The plugins and actions that a plugin has to do with, in words.

use smoker_model::plugin::{ActionOn, ActionSpec, OnParentBad, PluginSpec};

use crate::scheduler::explanation::schedule::list;

/// What it depends on, what it follows, and what follows it, a fact a line.
pub(super) fn relations(spec: &PluginSpec) -> Vec<String> {
    let rules = &spec.rules;
    let mut lines = Vec::new();
    if !rules.depends_on.is_empty() {
        let what = match rules.on_parent_bad {
            OnParentBad::Skip => "is skipped while one of them is bad",
            OnParentBad::Run => "runs also while one of them is bad",
        };
        lines.push(format!("depends on {}, and {what}", list(&rules.depends_on)));
    }
    if !rules.after.is_empty() {
        lines.push(format!("runs after {}, when that ends OK", list(&rules.after)));
    }
    if spec.actions.is_empty() {
        lines.push("no action follows its results".to_owned());
    } else {
        let name = |action: &ActionSpec| {
            let name = action.name.as_deref().unwrap_or("its own");
            let when = match (action.rules.on, action.rules.escalates_after) {
                (_, Some(after)) => Some(format!("when it has been bad for {} s", after.as_secs_f64())),
                (ActionOn::Always, None) => None,
                (on, None) => Some(format!("on {}", on.as_str())),
            };
            let repeat =
                action.rules.repeat.map(|repeat| format!("again each {} s while it is bad", repeat.as_secs_f64()));
            let group = action.rules.group.map(|group| format!("collected for {} s", group.as_secs_f64()));
            let rules: Vec<_> = [when, repeat, group].into_iter().flatten().collect();
            if rules.is_empty() { name.to_owned() } else { format!("{name} ({})", rules.join(", ")) }
        };
        lines.push(format!("actions: {}", spec.actions.iter().map(name).collect::<Vec<_>>().join(", ")));
    }
    lines
}
