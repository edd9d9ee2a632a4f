//! The name that was probably meant.

use strsim::osa_distance;

/// A wrong name of at least this length may be one edit away from the right
/// one; shorter names have too many honest neighbours (`id`, `uid`, `gid`).
const SHORTEST_EDITED_NAME: usize = 5;

/// The known name that differs by case alone or by one edit: surely a typing error.
#[must_use]
pub fn very_near<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    nearest(name, known, 1).filter(|near| name.len() >= SHORTEST_EDITED_NAME || near.eq_ignore_ascii_case(name))
}

/// The known name that was probably meant: at most two edits away, and at most a third of its letters.
#[must_use]
pub fn near<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    nearest(name, known, 2)
}

/// The known name that differs by case alone, where it is the only one.
///
/// # Errors
///
/// The name that was probably meant, if there is one.
pub fn of_any_case<'a>(name: &str, known: &[&'a str]) -> Result<&'a str, Option<&'a str>> {
    let lower = name.to_lowercase();
    let alike: Vec<_> = known.iter().filter(|candidate| candidate.to_lowercase() == lower).collect();
    if let [only] = *alike { Ok(*only) } else { Err(near(name, known)) }
}

fn nearest<'a>(name: &str, known: &[&'a str], edits: usize) -> Option<&'a str> {
    let name = name.to_lowercase().replace('-', "_");
    known
        .iter()
        .map(|candidate| (osa_distance(&name, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= edits && distance * 3 <= candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let known = ["bind_host", "bind_port", "plugins", "uid", "gid"];
        assert_eq!(near("bind_prot", &known), Some("bind_port"));
        assert_eq!(near("bind-port", &known), Some("bind_port"));
        assert_eq!(near("Plugin", &known), Some("plugins"));
        assert_eq!(near("something", &known), None);
    }

    #[test]
    fn a_name_of_another_case_is_the_only_one_or_none() {
        let known = ["Backup", "nightly", "Nightly"];
        assert_eq!(of_any_case("backup", &known), Ok("Backup"));
        assert_eq!(of_any_case("NIGHTLY", &known), Err(Some("nightly")));
        assert_eq!(of_any_case("backpu", &known), Err(Some("Backup")));
        assert_eq!(of_any_case("x", &known), Err(None));
    }

    #[test]
    fn parameters_need_to_be_very_near() {
        let known = ["Command", "Interval", "Timeout", "uid"];
        assert_eq!(very_near("Comand", &known), Some("Command"));
        assert_eq!(very_near("timeout", &known), Some("Timeout"));
        assert_eq!(very_near("UID", &known), Some("uid"));
        assert_eq!(very_near("id", &known), None);
        assert_eq!(very_near("Commando2", &known), None);
    }
}
