//! Values of `!env` and `!file`, which no message shows.

use smoker_model::value::Value;

/// Reads a value of `!env` or `!file`, too. The reason for which it is refused shows a mask in its place.
pub(super) fn read_hiding<T>(value: &Value, reader: impl Fn(&Value) -> Result<T, String>) -> Result<T, String> {
    if !value.has_secret() {
        return reader(value);
    }
    let refused = || "has a value that is refused, and not shown because it is of !env or !file".to_owned();
    reader(&value.exposed()).map_err(|_| reader(&value.hidden()).err().unwrap_or_else(refused))
}
