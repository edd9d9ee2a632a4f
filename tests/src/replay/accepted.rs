//! The differences from the original that are meant. Each stands in the table
//! of `docs/migrating.md` too, and nowhere else.

use crate::replay::verdict::Differences;

/// One difference that is meant.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// The name of the case's folder.
    pub case: &'static str,
    /// The path of the difference, as the replay prints it before the colon.
    pub path: &'static str,
    /// The first cell of the row in the table of `docs/migrating.md`.
    pub row: &'static str,
}

/// All of them. The recordings' own sane sides need no entry.
pub const ACCEPTED: &[Accepted] = &[
    Accepted {
        case: "019-action-lookup",
        path: "[0] GET /plugins/plugins/items",
        row: "`Action: NAME` in a template or in `BasePlugin`",
    },
    varnish_4("[1] GET /processes/1/plugins/items/1/plugin/lastResult/status"),
    varnish_4("[1] GET /processes/1/plugins/items/1/plugin/lastResult/messages"),
    varnish_4("[1] GET /processes/1/plugins/items/1/plugin/lastResult/componentResults"),
    varnish_4("[1] GET /processes/1/plugins/items/1/plugin/forcedResult/status"),
    varnish_4("[1] GET /processes/1/plugins/items/1/plugin/forcedResult/messages"),
    varnish_4("[1] GET /processes/1/plugins/items/1/plugin/forcedResult/componentResults"),
];

/// A part of the result of a table that the original could not read.
const fn varnish_4(path: &'static str) -> Accepted {
    Accepted { case: "116-varnish-unreadable", path, row: "`backend.list` of Varnish 4.0 (a column `Refs`)" }
}

/// Takes the accepted differences of a case out. An entry that meets no
/// difference is itself one: it has to leave the list.
pub fn take_out(accepted: &[Accepted], case: &str, differences: &mut Differences) {
    for entry in accepted.iter().filter(|entry| entry.case == case) {
        let before = differences.len();
        differences.retain(|difference| difference.path != entry.path);
        if differences.len() == before {
            differences
                .add(entry.path, format!("accepted as \"{}\", but no different: take it off the list", entry.row));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_accepted_difference_is_taken_out() {
        let accepted = [Accepted { case: "001-x", path: "[0] GET //a", row: "A" }];
        let mut differences = Differences::default();
        differences.add("[0] GET //a", "expected 1, got 2");
        differences.add("[0] GET //b", "expected 1, got 2");
        let mut other = differences.clone();

        take_out(&accepted, "001-x", &mut differences);
        assert_eq!(differences.lines(), ["[0] GET //b: expected 1, got 2"]);

        take_out(&accepted, "002-y", &mut other);
        assert_eq!(other.len(), 2);
    }

    #[test]
    fn an_entry_that_is_not_needed_is_reported() {
        let accepted = [Accepted { case: "001-x", path: "[0] GET //a", row: "A" }];
        let mut differences = Differences::default();
        take_out(&accepted, "001-x", &mut differences);
        assert!(differences.lines()[0].ends_with("take it off the list"));
    }
}
