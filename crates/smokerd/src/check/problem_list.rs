//! Problems in the order of the files, what is the same for several plugins once.

use std::cmp::Reverse;
use std::collections::HashMap;

use smoker_config::problem::Problem;
use smoker_model::plugin::PluginName;

/// Sorts problems by file, line and column; those without a place come last.
pub(crate) fn in_order_of_files(problems: &mut [Problem]) {
    problems.sort_by_key(|problem| {
        let place = problem.location.as_ref().map(|place| (place.file.clone(), place.line, place.column));
        (place.is_none(), place, Reverse(problem.severity))
    });
}

/// Keeps the first of several problems that are about the same place and have the same reason, and says of how many
/// other plugins it is true: they share templates and actions.
pub(crate) fn without_repeats(problems: Vec<Problem>) -> Vec<Problem> {
    let mut kept: Vec<(Problem, Vec<Option<PluginName>>)> = Vec::new();
    let mut first_of: HashMap<(String, String), usize> = HashMap::new();
    for problem in problems {
        let key = problem.location.as_ref().map(|place| (place.to_string(), reason(&problem).to_owned()));
        let first = key.as_ref().and_then(|key| first_of.get(key)).copied();
        match (first, key) {
            (Some(first), _) => {
                let (kept, others) = &mut kept[first];
                if problem.plugin != kept.plugin && !others.contains(&problem.plugin) {
                    others.push(problem.plugin);
                }
            }
            (None, key) => {
                first_of.extend(key.map(|key| (key, kept.len())));
                kept.push((problem, Vec::new()));
            }
        }
    }
    let with_count = |(problem, others): (Problem, Vec<_>)| match others.len() {
        0 => problem,
        1 => Problem { text: format!("{} (and for 1 other plugin)", problem.text), ..problem },
        count => Problem { text: format!("{} (and for {count} other plugins)", problem.text), ..problem },
    };
    kept.into_iter().map(with_count).collect()
}

/// The text behind the name of the plugin.
fn reason(problem: &Problem) -> &str {
    problem.text.split_once(": ").filter(|_| problem.plugin.is_some()).map_or(&*problem.text, |(_, reason)| reason)
}

#[cfg(test)]
mod tests {
    use smoker_config::problem::{Location, Severity};

    use super::*;

    fn problem(plugin: &str, line: usize, text: &str) -> Problem {
        let location = (line > 0).then(|| Location { file: "a.yaml".into(), line, column: 1 });
        let plugin = Some(PluginName::from(plugin));
        Problem {
            severity: Severity::Error,
            location,
            text: format!("Plugin {}: {text}", plugin.as_ref().expect("one")),
            plugin,
        }
    }

    #[test]
    fn problems_are_sorted_and_repeats_are_counted() {
        let mut problems = without_repeats(vec![
            problem("a", 0, "x"),
            problem("a", 9, "x"),
            problem("a", 2, "x"),
            problem("b", 2, "x"),
            problem("c", 2, "x"),
            problem("c", 2, "x"),
            problem("c", 2, "y"),
        ]);
        in_order_of_files(&mut problems);
        let texts: Vec<_> = problems.iter().map(|problem| problem.text.as_str()).collect();
        assert_eq!(texts, ["Plugin a: x (and for 2 other plugins)", "Plugin c: y", "Plugin a: x", "Plugin a: x"]);
    }
}
