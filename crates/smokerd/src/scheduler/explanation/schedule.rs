//! When a plugin runs, in words.

use smoker_model::calendar::cron::CronPattern;
use smoker_model::counted::counted;
use smoker_model::plugin::{PluginName, PluginSpec, Trigger};

/// When it runs, a fact a line.
pub(super) fn schedule(spec: &PluginSpec) -> Vec<String> {
    let mut lines = Vec::new();
    match &spec.trigger {
        None if spec.rules.after.is_empty() => {
            lines.push("on request only: it has none of Interval, Cron, At and After".to_owned());
        }
        None => lines.push(format!("after {}: it has no time of its own", list(&spec.rules.after))),
        Some(Trigger::Every { interval, splay }) => {
            lines.push(format!("each {} s, first runs spread over {} s", interval.as_secs_f64(), splay.as_secs_f64()));
        }
        Some(Trigger::Calendar { schedule, splay }) => {
            let patterns: Vec<_> = schedule.patterns.iter().map(CronPattern::shown).collect();
            let zone = schedule.zone.name().unwrap_or("the machine's time zone");
            let spread =
                if splay.is_zero() { String::new() } else { format!(", spread over {} s", splay.as_secs_f64()) };
            lines.push(format!("at {} in {zone}{spread}", patterns.join(", ")));
        }
    }
    if let Some(retries) = spec.rules.retries.filter(|retries| *retries > 1) {
        let interval = spec
            .rules
            .retry_interval
            .map_or_else(String::new, |it| format!(", tried again after {} s", it.as_secs_f64()));
        lines.push(format!("a result is soft until it was bad {} in a row{interval}", counted(retries, "time")));
    }
    if let Some(lock) = &spec.maintenance_lock {
        lines.push(format!("not while {} exists (MaintenanceLock)", lock.display()));
    }
    lines
}

/// Names in a row.
pub(super) fn list(names: &[PluginName]) -> String {
    names.iter().map(PluginName::as_str).collect::<Vec<_>>().join(", ")
}
