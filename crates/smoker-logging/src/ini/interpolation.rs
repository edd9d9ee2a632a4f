//! `%(name)s` in values, as Python's `BasicInterpolation` fills it in.

/// How deep values may refer to values.
const DEEPEST: usize = 10;

/// The value with everything filled in. `lookup` gives raw values by their names.
pub(crate) fn fill<'a>(value: &str, lookup: &dyn Fn(&str) -> Option<&'a str>) -> Result<String, String> {
    fill_to(value, lookup, DEEPEST)
}

fn fill_to<'a>(value: &str, lookup: &dyn Fn(&str) -> Option<&'a str>, depth: usize) -> Result<String, String> {
    if depth == 0 {
        return Err("values refer to each other without an end".to_owned());
    }
    let mut filled = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((text, after)) = rest.split_once('%') {
        filled.push_str(text);
        rest = if let Some(after) = after.strip_prefix('%') {
            filled.push('%');
            after
        } else {
            let Some((name, after)) = after.strip_prefix('(').and_then(|named| named.split_once(")s")) else {
                return Err("a '%' has to be followed by '%' or '(name)s'; write '%%' for the sign itself".to_owned());
            };
            let Some(raw) = lookup(&name.to_lowercase()) else {
                return Err(format!(
                    "'%({name})s' refers to an option that is neither in the section nor in [DEFAULT]"
                ));
            };
            filled.push_str(&fill_to(raw, lookup, depth - 1)?);
            after
        };
    }
    Ok(filled + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(value: &str) -> Result<String, String> {
        let lookup = |name: &str| match name {
            "dir" => Some("/var/log/%(app)s"),
            "app" => Some("smoker"),
            "loop" => Some("%(loop)s"),
            _ => None,
        };
        fill(value, &lookup)
    }

    #[test]
    fn options_are_filled_in_at_any_depth() {
        assert_eq!(filled("('%(Dir)s/x.log', 100%%)").as_deref(), Ok("('/var/log/smoker/x.log', 100%)"));
        for (value, problem) in
            [("%d", "has to be followed by"), ("%(dir)", "has to be"), ("%(nope)s", "neither"), ("%(loop)s", "end")]
        {
            assert!(filled(value).expect_err(value).contains(problem), "{value}");
        }
    }
}
