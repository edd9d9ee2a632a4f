//! The plugins that an entry is for.

use std::borrow::Cow;

use crate::pattern;

/// The options of a scope, and the parameter of a plugin that each looks at; the first is its name.
pub const OPTIONS: [(&str, &str); 4] =
    [("plugin", "Name"), ("category", "Category"), ("component", "Component"), ("type", "Type")];

/// The plugins that an entry is for: without any option all; else those that fit one value of each option.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The values of each option of [`OPTIONS`]; empty: any.
    values: [Vec<String>; OPTIONS.len()],
}

impl Scope {
    /// Adds the values of an option of [`OPTIONS`], a list with commas. `*` stands for any text.
    ///
    /// # Errors
    ///
    /// When the list has no value.
    pub(super) fn set(&mut self, at: usize, list: &str) -> Result<(), String> {
        let values: Vec<_> =
            list.split(',').map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect();
        if values.is_empty() {
            return Err(format!("{}= has no value; name one, or leave the option away", OPTIONS[at].0));
        }
        self.values[at] = values;
        Ok(())
    }

    /// Whether it is for all plugins.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.values.iter().all(Vec::is_empty)
    }

    /// Whether it is for the plugin of this name. `parameter` gives the plugin's parameters `Category`, `Component` and `Type` as texts; one that the plugin lacks fits
    /// no value.
    #[must_use]
    pub fn admits<'a>(&self, name: &'a str, parameter: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        OPTIONS.iter().zip(&self.values).enumerate().all(|(at, ((_, key), wanted))| {
            let fits = |value: &str| wanted.iter().any(|pattern| pattern::fits(pattern, value));
            wanted.is_empty() || if at == 0 { fits(name) } else { parameter(key).is_some_and(|value| fits(&value)) }
        })
    }

    /// Its options as they are written, name and value.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, String)> {
        let written = OPTIONS.iter().zip(&self.values).filter(|(_, values)| !values.is_empty());
        written.map(|((name, _), values)| (*name, values.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_has_to_fit() {
        let mut scope = Scope::default();
        assert!(scope.is_everything() && scope.admits("any", |_| None));
        scope.set(1, "web, db").expect("values");
        scope.set(0, "disk*").expect("values");
        let of = |category: &'static str| move |key: &str| (key == "Category").then_some(Cow::Borrowed(category));
        assert!(scope.admits("disk /", of("db")));
        assert!(
            !scope.admits("disk /", of("mail")) && !scope.admits("load", of("db")) && !scope.admits("disk", |_| None)
        );
        assert_eq!(
            scope.options().collect::<Vec<_>>(),
            [("plugin", "disk*".to_owned()), ("category", "web,db".to_owned())]
        );
        assert!(scope.set(2, " , ").is_err());
    }
}
