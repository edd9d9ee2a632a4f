//! The documents of the wire protocol (<https://bsonspec.org/spec.html>), as
//! far as a status needs them.

use serde_json::{Map, Value as Json};

/// Deeper nesting than any answer has.
const MAX_DEPTH: usize = 32;

/// A document of the members of a mapping or the items of a list.
pub(crate) fn write(value: &Json) -> Vec<u8> {
    let mut elements = Vec::new();
    match value {
        Json::Object(members) => members.iter().for_each(|(name, member)| element(name, member, &mut elements)),
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| element(&at.to_string(), item, &mut elements));
        }
        _ => {}
    }
    [&length(elements.len() + 5)[..], &elements, &[0]].concat()
}

fn element(name: &str, value: &Json, elements: &mut Vec<u8>) {
    let (kind, bytes) = match value {
        Json::Null => (0x0a, Vec::new()),
        Json::Bool(flag) => (0x08, vec![u8::from(*flag)]),
        Json::Number(number) => match (number.as_i64().map(i32::try_from), number.as_i64()) {
            (Some(Ok(small)), _) => (0x10, small.to_le_bytes().to_vec()),
            (_, Some(large)) => (0x12, large.to_le_bytes().to_vec()),
            _ => (0x01, number.as_f64().unwrap_or_default().to_le_bytes().to_vec()),
        },
        Json::String(text) => (0x02, [&length(text.len() + 1)[..], text.as_bytes(), &[0]].concat()),
        Json::Array(_) => (0x04, write(value)),
        Json::Object(_) => (0x03, write(value)),
    };
    elements.push(kind);
    elements.extend_from_slice(name.as_bytes());
    elements.push(0);
    elements.extend(bytes);
}

fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).unwrap_or(i32::MAX).to_le_bytes()
}

/// Reads a document; `None` when it is broken. Kinds that JSON lacks become null.
pub(crate) fn read(bytes: &[u8]) -> Option<Map<String, Json>> {
    document(&mut &*bytes, 0)
}

fn document(bytes: &mut &[u8], depth: usize) -> Option<Map<String, Json>> {
    let length = usize::try_from(int32(bytes)?).ok()?.checked_sub(4)?;
    let mut inside = take(bytes, length)?;
    let mut members = Map::new();
    loop {
        let kind = take(&mut inside, 1)?[0];
        if kind == 0 {
            return (inside.is_empty() && depth < MAX_DEPTH).then_some(members);
        }
        let name = name(&mut inside)?;
        members.insert(name, value(kind, &mut inside, depth)?);
    }
}

fn value(kind: u8, bytes: &mut &[u8], depth: usize) -> Option<Json> {
    if depth >= MAX_DEPTH {
        return None;
    }
    Some(match kind {
        0x01 => Json::from(f64::from_le_bytes(take(bytes, 8)?.try_into().ok()?)),
        0x02 | 0x0d | 0x0e => Json::String(text(bytes)?),
        0x03 => Json::Object(document(bytes, depth + 1)?),
        0x04 => Json::Array(document(bytes, depth + 1)?.into_iter().map(|(_, item)| item).collect()),
        0x05 => {
            let length = usize::try_from(int32(bytes)?).ok()?;
            take(bytes, length.checked_add(1)?)?;
            Json::Null
        }
        0x06 | 0x0a | 0x7f | 0xff => Json::Null,
        0x07 => skipped(bytes, 12)?,
        0x08 => Json::Bool(take(bytes, 1)?[0] != 0),
        0x09 | 0x11 | 0x12 => Json::from(i64::from_le_bytes(take(bytes, 8)?.try_into().ok()?)),
        0x0b => {
            name(bytes)?;
            name(bytes)?;
            Json::Null
        }
        0x10 => Json::from(int32(bytes)?),
        0x13 => skipped(bytes, 16)?,
        _ => return None,
    })
}

fn skipped(bytes: &mut &[u8], length: usize) -> Option<Json> {
    take(bytes, length).map(|_| Json::Null)
}

fn text(bytes: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(int32(bytes)?).ok()?;
    let (nul, text) = take(bytes, length)?.split_last()?;
    (*nul == 0).then(|| String::from_utf8_lossy(text).into_owned())
}

/// A text up to its NUL.
fn name(bytes: &mut &[u8]) -> Option<String> {
    let length = bytes.iter().position(|byte| *byte == 0)?;
    let name = String::from_utf8_lossy(take(bytes, length)?).into_owned();
    take(bytes, 1)?;
    Some(name)
}

fn int32(bytes: &mut &[u8]) -> Option<i32> {
    Some(i32::from_le_bytes(take(bytes, 4)?.try_into().ok()?))
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(head)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let document = json!({"insert": "test", "n": 5, "big": 1_i64 << 40, "part": 0.5, "none": null, "yes": true,
            "documents": [{"_id": "é"}, {}], "$db": "admin"});
        assert_eq!(read(&write(&document)).map(Json::Object), Some(document));
    }

    #[test]
    fn every_kind_is_read_or_skipped() {
        let mut elements = b"\x01d\0".to_vec();
        elements.extend_from_slice(&1.5_f64.to_le_bytes());
        elements.extend_from_slice(b"\x08b\0\x01\x0an\0\x05x\0\x02\0\0\0\0ab\x07o\x00123456789012\x12l\0");
        elements.extend_from_slice(&7_i64.to_le_bytes());
        elements.extend_from_slice(b"\x04a\0\x0c\0\0\0\x10\x30\0\x02\0\0\0\0\x0br\0a\0i\0\x02s\0\x02\0\0\0t\0\0");
        let length = i32::try_from(elements.len() + 4).expect("small");
        let bytes = [&length.to_le_bytes()[..], &elements].concat();
        let expected =
            json!({"d": 1.5, "b": true, "n": null, "x": null, "o": null, "l": 7, "a": [2], "r": null, "s": "t"});
        assert_eq!(read(&bytes).map(Json::Object), Some(expected));
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), None, "cut at {end}");
        }
    }
}
