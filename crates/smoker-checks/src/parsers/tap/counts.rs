//! What a runner counts when all tests are over: `# fail 1` of `node --test` and tape, `# Totals: pass:1 fail:1` of the kernel.

/// The failed tests that a comment counts; 0 for any other comment.
pub(super) fn failed(comment: &str) -> u64 {
    let words: Vec<_> = comment.split_whitespace().collect();
    match words.as_slice() {
        ["fail" | "failed" | "cancelled", number] => number.parse::<u32>().map_or(0, u64::from),
        ["Totals:", counts @ ..] => counts.iter().filter_map(|count| count.split_once(':')).map(of_totals).sum(),
        _ => 0,
    }
}

fn of_totals((name, number): (&str, &str)) -> u64 {
    if matches!(name, "fail" | "error") { number.parse::<u32>().map_or(0, u64::from) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_and_nothing_else_is() {
        for (comment, expected) in [
            ("fail 1", 1),
            ("fail  2", 2),
            ("cancelled 1", 1),
            ("fail 0", 0),
            ("pass 3", 0),
            ("fail to connect", 0),
            ("Totals: pass:1 fail:2 xfail:4 xpass:0 skip:1 error:1", 3),
        ] {
            assert_eq!(failed(comment), expected, "{comment}");
        }
    }
}
