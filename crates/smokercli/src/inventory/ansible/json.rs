//! Reads an inventory in JSON into the values of YAML, which has one reader for both.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_yaml::{Mapping, Value};

/// Reads JSON. Of two groups of one name only one would count, and the hosts of the other would be missed by nobody.
///
/// # Errors
///
/// When it is none, or an object has a name twice: where.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| format!("not valid JSON: {error}"))?;
    Ok(document.0)
}

struct Document(Value);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::String(number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::String(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::String(number.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Document(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Mapping::new();
        while let Some((name, Document(value))) = access.next_entry::<String, Document>()? {
            // Numbers come as an object of the library's own.
            if name == NUMBER {
                return Ok(value);
            }
            if members.insert(Value::String(name.clone()), value).is_some() {
                return Err(A::Error::custom(format_args!("the name {name:?} is there twice")));
            }
        }
        Ok(Value::Mapping(members))
    }
}

/// The name under which the library passes on a number as it is written.
const NUMBER: &str = "$serde_json::private::Number";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_read_and_a_name_that_is_there_twice_is_told() {
        let document =
            read(r#"{"a": [1, -2, 3.50, 123456789012345678901234567890, "x\n", null, true, {}]}"#).expect("JSON");
        let items = document["a"].as_sequence().expect("a list");
        let texts: Vec<_> = items[..5].iter().map(|item| item.as_str().expect("a text")).collect();
        assert_eq!(texts, ["1", "-2", "3.50", "123456789012345678901234567890", "x\n"]);
        assert_eq!(items[5..], [Value::Null, Value::Bool(true), Value::Mapping(Mapping::new())]);
        for text in [r#"{"web": ["a"], "web": ["b"]}"#, r#"{"_meta": {"hostvars": {"a": {}, "a": {}}}}"#] {
            assert!(read(text).expect_err(text).contains("is there twice at line 1"), "{text}");
        }
    }
}
