//! The original's three components: `Peers`, `Volumes` and, with the parameter `Volume`, `Mount`.

use std::fs::DirBuilder;
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, process, thread};

use smoker_model::messages::{Level, Messages};
use smoker_model::notation::shell_word::quoted;
use smoker_model::result::ComponentResults;
use smoker_model::status::Status;

use crate::checks::shipped::glusterfs::element::Element;
use crate::os_error;

/// What `volume list` prints when there is none.
const NO_VOLUMES: &str = "No volumes present in cluster";

/// How often the status of a volume is asked for, since gluster refuses while another command holds its lock.
const TRIES: usize = 6;

/// How long to wait before the next try.
const PAUSE: Duration = Duration::from_millis(500);

/// The components, each of which is tried whatever the others say.
pub(super) fn components(gluster: &str, volume: Option<&str>, timeout: f64) -> ComponentResults {
    let limit = TimeLeft::of(timeout);
    let mut found = ComponentResults::new();
    let mut add = |name: &str, checked: Result<Messages, String>| {
        let messages = checked.unwrap_or_else(|reason| Messages::of(Level::Error, &reason));
        let failed = messages.level(Level::Error).next().is_some();
        found.add(name, if failed { Status::Error } else { Status::Ok }, &messages);
    };
    add("Peers", peers(gluster, limit).map_err(|reason| format!("Can't check peers: {reason}")));
    add("Volumes", volumes(gluster, limit).map_err(|reason| format!("Can't check volumes: {reason}")));
    if let Some(volume) = volume {
        add("Mount", mount(volume, limit));
    }
    found
}

fn peers(gluster: &str, limit: TimeLeft) -> Result<Messages, String> {
    let (output, _) = run(&format!("{gluster} peer status --xml"), limit)?;
    let answer = Element::parse(&output).map_err(|_| output)?;
    let mut messages = Messages::new();
    for (host, is_connected, state) in peers_of(&answer) {
        if is_connected {
            messages.add(Level::Info, &format!("Peer {host} is healthy: {state} (Connected)"));
        } else {
            messages.add(Level::Error, &format!("Peer {host} is not healthy: {state} (Disconnected)"));
        }
    }
    Ok(messages)
}

/// Host, whether it is connected, and its state; in the form of gluster 3.2 and in today's.
fn peers_of(answer: &Element) -> Vec<(&str, bool, &str)> {
    let of_today = answer.descendants("peer").into_iter();
    let mut peers: Vec<_> = of_today
        .map(|peer| (peer.text_of("hostname"), peer.text_of("connected") == "1", peer.text_of("stateStr")))
        .collect();
    for number in 0..50 {
        let text = |part: &str| answer.descendants(&format!("friend{number}.{part}")).first().map(|found| found.text());
        if let (Some(host), Some(connected), Some(state)) = (text("hostname"), text("connected"), text("state")) {
            peers.push((host, connected == "1", state));
        }
    }
    peers
}

fn volumes(gluster: &str, limit: TimeLeft) -> Result<Messages, String> {
    let (output, is_success) = run(&format!("{gluster} volume list"), limit)?;
    if !is_success && output != NO_VOLUMES {
        return Err(output);
    }
    let names: Vec<_> = output.lines().map(str::trim).filter(|line| !line.is_empty() && *line != NO_VOLUMES).collect();
    let mut messages = Messages::new();
    if names.is_empty() {
        messages.add(Level::Error, "No configured volumes found");
    }
    for name in names {
        let answer = status(gluster, name, limit)?;
        let nodes = answer.descendants("node");
        let failed = nodes.iter().filter(|node| node.text_of("status") != "1");
        let mut failed: Vec<_> = failed.map(|node| node.text_of("hostname")).collect();
        failed.dedup();
        if failed.is_empty() {
            messages.add(Level::Info, &format!("Volume {name} is healthy"));
        } else {
            let failed = failed.join(", ");
            messages.add(Level::Error, &format!("Volume {name} is not healthy (failed nodes: {failed})"));
        }
    }
    Ok(messages)
}

/// The answer about one volume.
fn status(gluster: &str, volume: &str, limit: TimeLeft) -> Result<Element, String> {
    let question = format!("volume status {} --xml", quoted(volume));
    for number in 0..TRIES {
        if number > 0 {
            thread::sleep(PAUSE);
        }
        let (output, _) = run(&format!("{gluster} {question}"), limit)?;
        let answer = Element::parse(&output)
            .map_err(|_| format!("Unexpected output from gluster volume status {volume} --xml: {output}"))?;
        match answer.descendants("opRet").first().map(|code| code.text()) {
            Some("0") => return Ok(answer),
            Some(_) => {}
            None => return Err("the answer of gluster has no opRet".to_owned()),
        }
    }
    Err(format!("Can't get data for {volume} after {} retries", TRIES - 1))
}

/// Mounts the volume in a folder of its own and unmounts it.
fn mount(volume: &str, limit: TimeLeft) -> Result<Messages, String> {
    let failed = |reason: String| format!("Can't mount volume: {reason}");
    let folder = new_folder().map_err(failed)?;
    let path = folder.display().to_string();
    let source = format!("localhost:{volume}");
    let (source, path) = (quoted(&source), quoted(&path));
    let commands = [format!("/bin/mount -t glusterfs {source} {path}"), format!("/bin/umount {path}")];
    let mut messages = Messages::new();
    for command in commands {
        let (output, is_success) = run(&command, limit).map_err(failed)?;
        if !is_success {
            let output = if output.is_empty() { format!("{command} failed") } else { output };
            messages.add(Level::Error, &output);
            break;
        }
    }
    fs::remove_dir(&folder).map_err(|error| failed(os_error::text_about(&error, &path)))?;
    Ok(messages)
}

fn new_folder() -> Result<PathBuf, String> {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let path = env::temp_dir().join(format!("smokerd-{}-{nanos}", process::id()));
    let made = DirBuilder::new().mode(0o700).create(&path);
    made.map_err(|error| os_error::text_about(&error, &path.display().to_string()))?;
    Ok(path)
}

/// The share of the run's time limit that its commands have together. The rest is for reporting all components
/// before the run's own time is over: gluster waits minutes for a service that is down.
const SHARE: f64 = 0.9;

/// The least that a command gets when those before it took all the time, so that what is quick is still known.
const LEAST: Duration = Duration::from_millis(100);

/// When the commands have to have ended, all together.
#[derive(Clone, Copy)]
struct TimeLeft(Option<Instant>);

impl TimeLeft {
    fn of(timeout: f64) -> Self {
        Self(Duration::try_from_secs_f64(timeout * SHARE).ok().and_then(|limit| Instant::now().checked_add(limit)))
    }

    /// How long the next command may take.
    fn now(self) -> Duration {
        self.0.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()).max(LEAST))
    }
}

/// What a command prints on both streams, in one text, and whether it ended with 0.
fn run(command: &str, limit: TimeLeft) -> Result<(String, bool), String> {
    let limit = limit.now();
    let mut child = Command::new("/bin/sh")
        .args(["-c", &format!("{{ {command}; }} 2>&1 </dev/null")])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| os_error::text_about(&error, "/bin/sh"))?;
    let (sender, printed) = mpsc::channel();
    if let Some(mut stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut output = Vec::new();
            let read = stdout.read_to_end(&mut output);
            // Nobody waits for it after the limit.
            let _ = sender.send(read.map(|_| output));
        });
    }
    let Ok(output) = printed.recv_timeout(limit) else {
        // We are in a child of the daemon, which ends what the shell started when the run is over.
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("{command} gave no answer within {:.1} seconds", limit.as_secs_f64()));
    };
    let output = output.map_err(|error| os_error::text(&error))?;
    let status = child.wait().map_err(|error| os_error::text(&error))?;
    Ok((String::from_utf8_lossy(&output).trim().to_owned(), status.success()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};
    use smoker_tests::executable;

    use super::*;

    /// The components with a program in gluster's place that prints what it has for its arguments.
    fn checked(answers: &[(&str, &str)], volume: Option<&str>) -> Json {
        let folder = tempfile::tempdir().expect("a folder");
        let case =
            |(question, answer): &(&str, &str)| format!("{}) printf '%s\\n' {};;", quoted(question), quoted(answer));
        let cases = answers.iter().map(case).collect::<Vec<_>>().join("\n");
        let program = folder.path().join("gluster");
        executable::write(&program, &format!("#!/bin/sh\ncase \"$*\" in\n{cases}\nesac\n"));
        let found = components(&program.display().to_string(), volume, 20.0);
        Json::Object(found.as_json().clone())
    }

    #[test]
    fn peers_and_volumes_are_a_component_each() {
        let peer = |host: &str, connected: u8| {
            format!(
                "<peer><hostname>{host}</hostname><connected>{connected}</connected><stateStr>Peer in Cluster</stateStr></peer>"
            )
        };
        let node =
            |host: &str, status: u8| format!("<node><hostname>{host}</hostname><status>{status}</status></node>");
        let volume = |nodes: &str| format!("<cliOutput><opRet>0</opRet><volStatus>{nodes}</volStatus></cliOutput>");
        let answers = [
            (
                "peer status --xml",
                &*format!(
                    "<c><friend1.hostname>old</friend1.hostname><friend1.connected>1</friend1.connected><friend1.state>3</friend1.state>{}{}</c>",
                    peer("a", 1),
                    peer("b", 0)
                ),
            ),
            ("volume list", "good\nbad"),
            ("volume status good --xml", &volume(&node("a", 1))),
            ("volume status bad --xml", &volume(&format!("{}{}{}", node("a", 1), node("b", 0), node("b", 0)))),
        ];
        let found = checked(&answers, None);
        assert_eq!(
            found["Peers"]["messages"]["info"],
            json!(["Peer a is healthy: Peer in Cluster (Connected)", "Peer old is healthy: 3 (Connected)"])
        );
        assert_eq!(
            found["Peers"]["messages"]["error"],
            json!(["Peer b is not healthy: Peer in Cluster (Disconnected)"])
        );
        assert_eq!(found["Volumes"]["messages"]["info"], json!(["Volume good is healthy"]));
        assert_eq!(found["Volumes"]["messages"]["error"], json!(["Volume bad is not healthy (failed nodes: b)"]));
        assert_eq!(found.get("Mount"), None);
    }

    #[test]
    fn a_command_that_gives_no_answer_leaves_time_for_the_others() {
        let started = Instant::now();
        let found = components("sleep 60; :", None, 4.0);
        let messages = &found.as_json()["Peers"]["messages"];
        assert!(
            messages["error"][0].as_str().expect("a text").ends_with("gave no answer within 3.6 seconds"),
            "{messages}"
        );
        assert_eq!(found.as_json()["Volumes"]["status"], "ERROR");
        assert!(started.elapsed() < Duration::from_secs(4));
    }

    #[test]
    fn what_gluster_says_instead_is_shown() {
        let found = checked(&[("peer status --xml", "No peers present"), ("volume list", NO_VOLUMES)], None);
        assert_eq!(found["Peers"]["messages"]["error"], json!(["Can't check peers: No peers present"]));
        assert_eq!(found["Volumes"]["messages"]["error"], json!(["No configured volumes found"]));
        let found = checked(&[("volume list", "v"), ("volume status v --xml", "down")], Some("no-such-volume"));
        let unexpected = "Can't check volumes: Unexpected output from gluster volume status v --xml: down";
        assert_eq!(found["Volumes"]["messages"]["error"], json!([unexpected]));
        assert_eq!(found["Mount"]["status"], "ERROR");
        assert_ne!(found["Mount"]["messages"]["error"][0], "");
    }
}
