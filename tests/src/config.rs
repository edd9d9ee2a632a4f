//! Writes the configuration of a test. Every part is a piece of YAML as an
//! operator would write it, so that a test shows its configuration.

use std::io;

use crate::sandbox::Sandbox;

/// A configuration, built by its methods: a daemon on 127.0.0.1 with the
/// sandbox's port, a `BasePlugin` and whatever a test adds.
#[derive(Clone, Debug)]
pub struct Config {
    address: String,
    top: String,
    base: String,
    templates: String,
    actions: String,
    plugins: String,
    whole: Option<String>,
    files: Vec<(String, String)>,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// Without any plugin yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            address: "bind_host: 127.0.0.1\nbind_port: {{PORT}}\n".to_owned(),
            top: String::new(),
            base: "Timeout: 15\n".to_owned(),
            templates: String::new(),
            actions: String::new(),
            plugins: String::new(),
            whole: None,
            files: Vec::new(),
        }
    }

    /// A main file of exactly this text.
    #[must_use]
    pub fn whole(text: &str) -> Self {
        Self { whole: Some(text.to_owned()), ..Self::new() }
    }

    /// Takes other lines than `bind_host` and `bind_port` of the sandbox.
    #[must_use]
    pub fn address(mut self, yaml: &str) -> Self {
        self.address = indented(yaml, 0);
        self
    }

    /// Adds top-level lines.
    #[must_use]
    pub fn top(mut self, yaml: &str) -> Self {
        self.top += &indented(yaml, 0);
        self
    }

    /// Adds lines to `BasePlugin`.
    #[must_use]
    pub fn base(mut self, yaml: &str) -> Self {
        self.base += &indented(yaml, 0);
        self
    }

    /// Adds a template.
    #[must_use]
    pub fn template(mut self, name: &str, yaml: &str) -> Self {
        self.templates += &entry(name, yaml);
        self
    }

    /// Adds an action.
    #[must_use]
    pub fn action(mut self, name: &str, yaml: &str) -> Self {
        self.actions += &entry(name, yaml);
        self
    }

    /// Adds a plugin.
    #[must_use]
    pub fn plugin(mut self, name: &str, yaml: &str) -> Self {
        self.plugins += &entry(name, yaml);
        self
    }

    /// Adds a file beside the main file.
    #[must_use]
    pub fn file(mut self, name: &str, content: &str) -> Self {
        self.files.push((name.to_owned(), content.to_owned()));
        self
    }

    /// Writes all files into a sandbox, the main one as `smokerd.yaml`.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn write(&self, sandbox: &Sandbox) -> io::Result<()> {
        for (name, content) in &self.files {
            sandbox.write(name, content.as_bytes())?;
        }
        sandbox.write("smokerd.yaml", self.text().as_bytes())
    }

    fn text(&self) -> String {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let mut text = format!("{}{}templates:\n", self.address, self.top);
        text += &entry("BasePlugin", &self.base);
        text += &self.templates;
        for (section, entries) in [("actions", &self.actions), ("plugins", &self.plugins)] {
            if !entries.is_empty() {
                text += section;
                text += ":\n";
                text += entries;
            }
        }
        text
    }
}

/// A configuration with one plugin that says hello.
#[must_use]
pub fn hello() -> Config {
    Config::new().plugin("hello", "Command: echo hello")
}

fn entry(name: &str, yaml: &str) -> String {
    format!("  {name}:\n{}", indented(yaml, 4))
}

fn indented(yaml: &str, by: usize) -> String {
    yaml.lines().fold(String::new(), |text, line| text + &" ".repeat(by) + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_become_one_file() {
        let config = Config::new()
            .top("allow: [127.0.0.1]")
            .base("History: 2")
            .action("note", "Command: echo noted")
            .plugin("hello", "Command: echo hi\nAction: note");
        let text = "bind_host: 127.0.0.1\nbind_port: {{PORT}}\nallow: [127.0.0.1]\n\
            templates:\n  BasePlugin:\n    Timeout: 15\n    History: 2\n\
            actions:\n  note:\n    Command: echo noted\n\
            plugins:\n  hello:\n    Command: echo hi\n    Action: note\n";
        assert_eq!(config.text(), text);
    }
}
