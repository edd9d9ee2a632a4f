//! The fields of a row.

use std::collections::HashMap;

/// The values that a row remembers, by field name.
pub type RowFields = HashMap<String, String>;

/// Replaces `$Name` and `${Name}` by the fields; `$$` is a dollar sign, and an unknown name stays as it is.
pub(super) fn substitute(text: &str, fields: &RowFields) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let (name, next) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, next)) => (name, next),
            None => after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len())),
        };
        if let Some(next) = after.strip_prefix('$') {
            out.push('$');
            rest = next;
        } else if let Some(value) = fields.get(name) {
            out.push_str(value);
            rest = next;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> RowFields {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn fields_are_put_in_and_other_dollars_stay() {
        let row = fields(&[("Node", "h"), ("A_b", "$Node")]);
        assert_eq!(substitute("$Node.${A_b}. $x ${y} $$5 $", &row), "h.$Node. $x ${y} $5 $");
    }
}
