//! A configuration that a page shows, with the files that it shows beside it.

use smoker_tests::config::Config;
use smoker_tests::documents::markdown::Block;

use crate::page::FOLDER;

/// The names, below the folder of the configuration, and contents of the files that are shown.
pub(crate) fn files(blocks: &[Block]) -> Vec<(&str, &str)> {
    blocks.iter().filter_map(|block| Some((file_name(block)?, block.text.as_str()))).collect()
}

pub(crate) fn file_name(block: &Block) -> Option<&str> {
    block.name.as_deref().and_then(|name| name.strip_prefix(FOLDER))
}

/// A whole configuration in the sandbox's folder.
pub(crate) fn config(yaml: &str, files: &[(&str, &str)]) -> Config {
    let has = |section: &str| yaml.lines().any(|line| line == format!("{section}:"));
    let mut text = yaml.replace(FOLDER, "{{DIR}}/");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text += "bind_host: 127.0.0.1\nbind_port: {{PORT}}\n";
    if !has("templates") {
        text += "templates:\n  BasePlugin:\n    Timeout: 15\n";
    }
    if !has("plugins") {
        text += "plugins:\n  Other:\n    Command: 'true'\n";
    }
    files.iter().fold(Config::whole(&text), |config, (name, content)| config.file(name, content))
}
