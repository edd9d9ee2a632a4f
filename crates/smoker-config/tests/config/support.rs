//! A folder with configuration files that is loaded and looked at.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use smoker_config::config::{self, Config};
use smoker_config::error::ConfigError;
use smoker_config::problem::Problem;
use smoker_model::plugin::PluginSpec;
use smoker_model::value::Value;
use tempfile::TempDir;

/// The name of the main file in every test.
pub(crate) const MAIN: &str = "smokerd.yaml";

/// The environment of every test.
pub(crate) fn environment(name: &str) -> Option<OsString> {
    match name {
        "PORT" => Some("8099".into()),
        "PASSWORD" => Some("open sesame".into()),
        "NOT_TEXT" => Some(OsString::from_vec(b"sesame\xff".to_vec())),
        _ => None,
    }
}

/// A temporary folder with configuration files.
pub(crate) struct Folder {
    folder: TempDir,
    /// What is loaded: the main file, or the folder itself.
    main: &'static str,
}

impl Folder {
    /// A folder without a file, loaded as a whole.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), main: "" }
    }

    /// A folder with a main file.
    pub(crate) fn with(main: &str) -> Self {
        Self { main: MAIN, ..Self::empty() }.and(MAIN, main)
    }

    /// A main file that has all it needs but these plugins.
    pub(crate) fn with_plugins(plugins: &str) -> Self {
        Self::with(&format!("templates:\n  BasePlugin: {{}}\nplugins:\n{plugins}\n"))
    }

    /// Adds a file; missing folders are made.
    pub(crate) fn and(self, name: &str, text: &str) -> Self {
        self.and_bytes(name, text.as_bytes())
    }

    /// Adds a file of any bytes.
    pub(crate) fn and_bytes(self, name: &str, bytes: &[u8]) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("inside of the folder")).expect("a new folder");
        fs::write(path, bytes).expect("a new file");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What is loaded.
    pub(crate) fn configuration(&self) -> PathBuf {
        if self.main.is_empty() { self.folder.path().to_owned() } else { self.path(self.main) }
    }

    pub(crate) fn load(&self) -> Result<Config, ConfigError> {
        config::load(&self.configuration(), environment)
    }

    /// Loads what has to load.
    pub(crate) fn config(&self) -> Config {
        self.load().unwrap_or_else(|error| panic!("{error}\n{:#?}", error.problems()))
    }

    /// The text of the error, with paths relative to the folder.
    pub(crate) fn error(&self) -> String {
        match self.load() {
            Ok(config) => panic!("it loads: {config:#?}"),
            Err(error) => self.relative(&error.to_string()),
        }
    }

    /// The problems, with paths relative to the folder, whether it loads or not.
    pub(crate) fn problems(&self) -> Vec<String> {
        let problems: Vec<Problem> = match self.load() {
            Ok(config) => config.problems,
            Err(error) => error.problems().to_vec(),
        };
        problems
            .iter()
            .map(|problem| format!("{:?} {}", problem.severity, self.relative(&problem.to_string())))
            .collect()
    }

    /// A text with paths relative to the folder, which itself is called DIR.
    pub(crate) fn relative(&self, text: &str) -> String {
        let folder = self.folder.path().display().to_string();
        text.replace(&format!("{folder}/"), "").replace(&folder, "DIR")
    }
}

/// The plugin of that name.
pub(crate) fn plugin<'a>(config: &'a Config, name: &str) -> &'a PluginSpec {
    config.plugins.iter().find(|plugin| plugin.name.as_str() == name).unwrap_or_else(|| panic!("no plugin {name}"))
}

/// The names of the plugins that loaded, in order.
pub(crate) fn names(config: &Config) -> Vec<&str> {
    config.plugins.iter().map(|plugin| plugin.name.as_str()).collect()
}

/// What one YAML value reads as, as Python would show it.
pub(crate) fn value_of(yaml: &str) -> String {
    let folder = Folder::with_plugins("  p: {Command: x, V: !include value.yaml}").and("value.yaml", yaml);
    let config = folder.config();
    let value = &plugin(&config, "p").parameters["V"];
    smoker_model::notation::python_text::repr(value)
}

/// Text as a value.
pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
