//! Runs the `gluster` command and reads its XML.

use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::checks::shipped::glusterfs::element::Element;
use crate::os_error;
use crate::parameters::{Parameters, texts_of};

/// The command with its own arguments.
pub(crate) struct Gluster(Vec<String>);

impl Gluster {
    /// The configured command, else `gluster` as `PATH` finds it.
    pub(crate) fn of(parameters: Parameters<'_>) -> Result<Self, String> {
        parameters.get("Gluster").map_or_else(|| Ok(Self(vec!["gluster".to_owned()])), Self::read)
    }

    /// The words of the configured command, if there is one.
    pub(crate) fn configured(parameters: Parameters<'_>) -> Result<Option<Vec<String>>, String> {
        parameters.get("Gluster").map(|value| Self::read(value).map(|gluster| gluster.0)).transpose()
    }

    /// The command that the parameter `Gluster` names.
    pub(crate) fn read(value: &Json) -> Result<Self, String> {
        let words = texts_of("Gluster", value)?;
        if words.first().is_none_or(String::is_empty) {
            return Err("Gluster is empty: set it to the path of the gluster command".to_owned());
        }
        Ok(Self(words))
    }

    /// Asks for something; an answer that reports a failure is the error.
    pub(crate) fn ask(&self, question: &[&str]) -> Result<Element, String> {
        let shown = format!("{} {}", self.0.join(" "), question.join(" "));
        // We are in a child of the daemon, in whose group the command runs and ends.
        let output = Command::new(&self.0[0])
            .args(&self.0[1..])
            .args(["--mode=script", "--xml"])
            .args(question)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{shown} cannot be run: {}", os_error::text_about(&error, &self.0[0])))?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let answer = Element::parse(&stdout).map_err(|reason| {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let message = [stdout.trim(), stderr.trim()].into_iter().find(|text| !text.is_empty());
            message
                .filter(|_| !stdout.trim_start().starts_with("<?xml"))
                .map_or_else(|| format!("{shown} failed: {reason}"), |message| format!("{shown} failed: {message}"))
        })?;
        match answer.text_of("opRet") {
            "0" => Ok(answer),
            code => {
                let message = Some(answer.text_of("opErrstr")).filter(|message| !message.is_empty());
                Err(format!("{shown} failed: {}", message.map_or_else(|| format!("opRet is {code}"), str::to_owned)))
            }
        }
    }
}
