//! `args` and `kwargs` of a handler, bound to the names of its parameters.

use smoker_model::suggest;
use std::collections::BTreeMap;

use crate::ini::document::Setting;
use crate::ini::literal::{self, Literal};

/// What a handler is made with.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    by_place: Vec<Literal>,
    by_name: BTreeMap<String, Literal>,
}

impl Arguments {
    /// Reads both options.
    ///
    /// # Errors
    ///
    /// The line, and what is not understood there.
    pub(crate) fn parse(args: Option<&Setting>, kwargs: Option<&Setting>) -> Result<Self, (usize, String)> {
        let mut arguments = Self::default();
        if let Some(args) = args {
            let wrong = |problem: String| (args.line, format!("args: {problem}"));
            arguments.by_place = match literal::parse(&args.value).map_err(wrong)? {
                Literal::Tuple(items) | Literal::List(items) => items,
                _ => return Err(wrong("has to be a tuple; with one argument write ('it',)".to_owned())),
            };
        }
        if let Some(kwargs) = kwargs {
            let wrong = |problem: String| (kwargs.line, format!("kwargs: {problem}"));
            let Literal::Dict(entries) = literal::parse(&kwargs.value).map_err(wrong)? else {
                return Err(wrong("has to be a mapping such as {'backupCount': 5}".to_owned()));
            };
            for (name, value) in entries {
                let Literal::Text(name) = name else { return Err(wrong("names have to be texts".to_owned())) };
                arguments.by_name.insert(name, value);
            }
        }
        Ok(arguments)
    }

    /// Gives the arguments their names.
    ///
    /// # Errors
    ///
    /// Arguments that the handler does not have, or has twice.
    pub(crate) fn bind(self, parameters: &[&'static str]) -> Result<Bound, String> {
        let mut bound = self.by_name;
        if let Some(unknown) = bound.keys().find(|name| !parameters.contains(&name.as_str())) {
            let near = suggest::near(unknown, parameters);
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(format!("there is no argument '{unknown}'{near}"));
        }
        if self.by_place.len() > parameters.len() {
            return Err(format!("there are {} arguments, {} at most", self.by_place.len(), parameters.len()));
        }
        for (name, value) in parameters.iter().zip(self.by_place) {
            if bound.insert((*name).to_owned(), value).is_some() {
                return Err(format!("argument '{name}' is given twice"));
            }
        }
        bound.retain(|_, value| *value != Literal::None);
        Ok(Bound(bound))
    }
}

/// Arguments by their names; those that are `None` are absent.
#[derive(Debug)]
pub(crate) struct Bound(BTreeMap<String, Literal>);

impl Bound {
    pub(crate) fn get(&self, name: &str) -> Option<&Literal> {
        self.0.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(Literal::Text(text)) => Ok(Some(text)),
            Some(_) => Err(format!("argument '{name}' has to be a text in quotes")),
        }
    }

    /// A whole number that is not negative.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(Literal::Int(value)) if u64::try_from(*value).is_ok() => Ok(u64::try_from(*value).ok()),
            Some(Literal::Bool(value)) => Ok(Some(u64::from(*value))),
            Some(_) => Err(format!("argument '{name}' has to be a whole number of 0 or more")),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, String> {
        match self.get(name) {
            Some(Literal::Bool(value)) => Ok(*value),
            _ => {
                Ok(self.number(name).map_err(|_| format!("argument '{name}' has to be True or False"))?.unwrap_or(0)
                    > 0)
            }
        }
    }
}
