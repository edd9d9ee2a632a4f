//! Users and groups: `uid` and `gid`.

use smoker_model::plugin::AccountId;
use smoker_model::value::Value;

use crate::spec::values::shown::number_or_kind;

/// What is configured as `uid` and `gid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Accounts {
    /// Neither: null, absent or the word `default`.
    Neither,
    /// Both.
    Both(AccountId, AccountId),
}

/// Reads both ids. The error names the key and the reason.
pub(crate) fn both(uid: Option<&Value>, gid: Option<&Value>) -> Result<Accounts, String> {
    let user = one("uid", uid)?;
    let group = one("gid", gid)?;
    match (user, group) {
        (None, None) => Ok(Accounts::Neither),
        (Some(user), Some(group)) => Ok(Accounts::Both(user, group)),
        (Some(_), None) => Err("uid is set without gid; set both or neither".to_owned()),
        (None, Some(_)) => Err("gid is set without uid; set both or neither".to_owned()),
    }
}

fn one(key: &str, value: Option<&Value>) -> Result<Option<AccountId>, String> {
    let how = format!("{key} has to be a name or a number from 0");
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(text)) if text == "default" => Ok(None),
        Some(Value::Text(text)) if text.trim().is_empty() => Err(format!("{how}, not an empty text")),
        Some(Value::Text(text)) => match text.parse::<i128>() {
            Ok(number) => number_id(number).map(Some).ok_or_else(|| format!("{how}, not '{text}'")),
            Err(_) => Ok(Some(AccountId::Name(text.clone()))),
        },
        Some(Value::Int(number)) => number_id(*number).map(Some).ok_or_else(|| format!("{how}, not {number}")),
        Some(other) => Err(format!("{how}, not {}", number_or_kind(other))),
    }
}

/// An id that a process can take; the largest number means "leave as it is" to the kernel.
fn number_id(number: i128) -> Option<AccountId> {
    u32::try_from(number).ok().filter(|id| *id != u32::MAX).map(AccountId::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_or_neither() {
        let text = |text: &str| Value::Text(text.to_owned());
        let name = |name: &str| AccountId::Name(name.to_owned());
        assert_eq!(both(None, Some(&text("default"))), Ok(Accounts::Neither));
        let (user, group) = (text("nobody"), text("65534"));
        assert_eq!(both(Some(&user), Some(&group)), Ok(Accounts::Both(name("nobody"), AccountId::Number(65534))));
        let root = Value::Int(0);
        assert_eq!(both(Some(&root), None), Err("uid is set without gid; set both or neither".to_owned()));
        assert_eq!(both(None, Some(&root)), Err("gid is set without uid; set both or neither".to_owned()));
        for odd in
            [Value::Int(-1), Value::Int(4_294_967_295), Value::Bool(true), Value::Float(1.0), text(""), text("-5")]
        {
            assert!(both(Some(&odd), Some(&root)).is_err(), "{odd:?}");
        }
    }
}
