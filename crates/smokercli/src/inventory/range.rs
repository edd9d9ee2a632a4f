//! Ranges of hosts, such as `web[01-40]`.

/// The most hosts that all ranges of a call may expand to. More are taken for a typing error.
pub(super) const MAX_EXPANSION: usize = 100_000;

/// The most bytes of names that one expression may expand to.
const MAX_NAMES: usize = 4 << 20;

/// Writes out every `[01-40]` and `[1,3,5-7]`; the width of the first number
/// is kept. `quota` is the number of hosts that ranges may still expand to.
///
/// # Errors
///
/// When a range is malformed or expands to more than the bounds allow.
pub(super) fn expand_ranges(expression: &str, quota: &mut usize) -> Result<Vec<String>, String> {
    let mut done = vec![String::new()];
    let mut rest = expression;
    while let Some((before, numbers, after)) = next_range(rest) {
        let numbers = range_numbers(numbers, *quota / done.len())?;
        let count = done.len() * numbers.len();
        if count * expression.len() > MAX_NAMES {
            return Err(format!("expands to more than {} MiB of names", MAX_NAMES >> 20));
        }
        done = done.iter().flat_map(|head| numbers.iter().map(move |n| format!("{head}{before}{n}"))).collect();
        rest = after;
    }
    if done.len() > 1 {
        *quota -= done.len();
    }
    for typed in &mut done {
        typed.push_str(rest);
    }
    Ok(done)
}

fn too_many() -> String {
    format!("expands to more than {MAX_EXPANSION} hosts, all ranges together")
}

/// Splits at the first bracket that holds a range and not an IPv6 address.
fn next_range(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('[')?;
    let (inside, after) = rest.split_once(']')?;
    let is_range = inside.contains(|c: char| c.is_ascii_digit())
        && inside.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ',');
    is_range.then_some((before, inside, after))
}

/// The numbers of a range. More than `most` are refused before any is made.
fn range_numbers(inside: &str, most: usize) -> Result<Vec<String>, String> {
    let mut numbers = Vec::new();
    for part in inside.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let bounds = first.parse::<usize>().ok().zip(last.parse::<usize>().ok());
        let (low, high) = bounds
            .filter(|(low, high)| low <= high)
            .ok_or_else(|| format!("[{inside}] is not a range; write the lower number first, as in [01-40]"))?;
        if high - low >= most - numbers.len() {
            return Err(too_many());
        }
        let width = first.len();
        numbers.extend((low..=high).map(|number| format!("{number:0width$}")));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_keep_their_width_and_multiply() {
        let all = |expression: &str| expand_ranges(expression, &mut 10).expect("a range");
        assert_eq!(all("web[08-11].x:1"), ["web08.x:1", "web09.x:1", "web10.x:1", "web11.x:1"]);
        assert_eq!(all("r[1-2]n[1,3]"), ["r1n1", "r1n3", "r2n1", "r2n3"]);
        assert_eq!(all("[::1]:8086"), ["[::1]:8086"]);
        let refused = |expression: &str, room| expand_ranges(expression, &mut { room }).expect_err("no range");
        assert!(refused("a[9-1]", 10).contains("is not a range"));
        assert!(refused("a[1-999999]b[1-9]", MAX_EXPANSION).contains("more than 100000 hosts"));
        let wide = format!("a[{}-99999]", "0".repeat(5000));
        assert!(refused(&wide, MAX_EXPANSION).contains("MiB of names"));
    }
}
