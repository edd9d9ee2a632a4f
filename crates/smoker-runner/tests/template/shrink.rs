//! Makes a failing value small.

/// As little of a failing value as still fails: pieces are left out, large ones first.
pub(crate) fn shrunk(value: &str, fails: &dyn Fn(&str) -> bool) -> String {
    let mut left: Vec<_> = value.chars().collect();
    let mut length = left.len();
    while length > 0 {
        let mut at = 0;
        while at < left.len() {
            let end = (at + length).min(left.len());
            let without: Vec<_> = [&left[..at], &left[end..]].concat();
            if fails(&without.iter().collect::<String>()) {
                left = without;
            } else {
                at = end;
            }
        }
        length /= 2;
    }
    left.into_iter().collect()
}
