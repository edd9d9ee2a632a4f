//! Sections and options, with their lines.

use crate::ini::interpolation;

/// The section whose options all others have.
pub(crate) const DEFAULT: &str = "DEFAULT";

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Document {
    /// In the order of the file.
    pub(crate) sections: Vec<Section>,
}

/// A section.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// Names are in lower case.
    pub(crate) options: Vec<Setting>,
}

/// An option with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) name: String,
    /// Lines that go on are joined with line ends.
    pub(crate) value: String,
    pub(crate) line: usize,
}

impl Document {
    /// The section of this name.
    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// An option as it is written in the file.
    pub(crate) fn raw<'a>(&'a self, section: &'a Section, name: &str) -> Option<&'a Setting> {
        section.option(name).or_else(|| self.section(DEFAULT)?.option(name))
    }

    /// An option with `%(name)s` filled in.
    ///
    /// # Errors
    ///
    /// The line, and what is wrong with a percent sign.
    pub(crate) fn get(&self, section: &Section, name: &str) -> Result<Option<Setting>, (usize, String)> {
        let Some(raw) = self.raw(section, name) else { return Ok(None) };
        let lookup = |name: &str| self.raw(section, name).map(|found| found.value.as_str());
        let value = interpolation::fill(&raw.value, &lookup).map_err(|problem| (raw.line, problem))?;
        Ok(Some(Setting { value, ..raw.clone() }))
    }
}

impl Section {
    fn option(&self, name: &str) -> Option<&Setting> {
        self.options.iter().find(|option| option.name == name)
    }
}
