use std::path::Path;
use std::sync::mpsc;
use std::thread;

use nix::fcntl::{Flock, FlockArg};
use smoker_config::spec::settings::ShowSecrets;
use smoker_model::wire::silences::SilenceStorage;
use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use smoker_runner::runner::Runner;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::results::events::Received;
use crate::results::store::SharedState;
use crate::scheduler::slots::Slots;

/// Plugins `Web` and `Db`, whose silences are in a folder.
fn manager(folder: &TempDir) -> PluginManager {
    let python = PythonSettings::new(None, &[], Path::new("/"), Path::new("/"));
    let runner = Runner::new(Reaper::start(ContainmentLevel::prepare(None)).expect("a reaper"), python);
    let manager = PluginManager::new(runner, Slots::new(None), SharedState::new(), CancellationToken::new());
    manager.keep_silences_in(SilencesFile::in_folder(folder.path()));
    load(&manager, "Web: {Command: x}, Db: {Command: x}");
    manager
}

fn load(manager: &PluginManager, plugins: &str) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let text = format!("templates: {{BasePlugin: {{}}}}\nplugins: {{{plugins}}}\n");
    std::fs::write(file.path(), text).expect("writable");
    let config = smoker_config::config::load(file.path(), |_| None).expect("it is valid");
    let plugins = config.plugins.into_iter().map(|spec| PreparedPlugin::new(Arc::new(spec)));
    manager.replace_plugins(plugins.collect(), 1 << 20, ShowSecrets::Never);
}

fn requester() -> Requester {
    Requester {
        address: std::net::IpAddr::from([127, 0, 0, 1]).into(),
        name: "127.0.0.1:4242".into(),
        identity: None,
        limits: None,
        is_local_administrator: false,
    }
}

fn silence(manager: &PluginManager, names: &[&str]) -> JoinHandle<Result<ListedSilence, SilenceError>> {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let (manager, until) = (manager.clone(), Utc::now() + chrono::TimeDelta::hours(1));
    tokio::spawn(async move {
        let selection = Selection { names, ..Selection::default() };
        manager.silence(selection, until, "deploy".to_owned(), "ann".to_owned(), &requester()).await
    })
}

/// Others see it and can end it before it is written.
#[tokio::test]
async fn listeners_hear_of_a_silence_before_anybody_can_end_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let manager = manager(&folder);
    let mut events = manager.subscribe();
    let held = std::fs::File::open(folder.path()).expect("a folder");
    let held = Flock::lock(held, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| error).expect("a lock");
    let making = silence(&manager, &["Web"]);
    let mut changes = Vec::new();
    while changes.len() < 2 {
        let Received::Event(Event::Silence(event)) = events.next().await else { continue };
        changes.push((event.change.clone(), event.silence.storage));
        if changes.len() == 1 {
            assert!(!making.is_finished(), "it waits for its file");
            assert_eq!(manager.list_silences(&requester())[0].silenced, ["Web"]);
            let manager = manager.clone();
            tokio::spawn(async move { manager.end_silence(1, &requester()).await });
        }
    }
    let pending = Some(SilenceStorage::Pending);
    assert_eq!(changes, [("made".to_owned(), pending), ("ended".to_owned(), pending)]);
    drop(held);
    making.await.expect("no panic").expect("it is made");
}

/// Requests and reloads need the set of plugins; who lists silences does not hold it.
#[tokio::test]
async fn what_is_silenced_is_kept_until_a_reload() {
    let folder = tempfile::tempdir().expect("a folder");
    let manager = manager(&folder);
    let made = silence(&manager, &["Db", "Web", "Db"]).await.expect("no panic").expect("it is made");
    assert_eq!(
        (made.silence.plugins, made.silenced),
        (vec!["Db".to_owned(), "Web".to_owned()], vec!["Web".to_owned(), "Db".to_owned()])
    );
    let set = manager.set();
    let other = manager.clone();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(other.list_silences(&requester())));
    let listed = receiver.recv_timeout(Duration::from_secs(60)).expect("a list");
    drop(set);
    assert_eq!(listed[0].silenced, ["Web", "Db"]);
    load(&manager, "Mail: {Command: x}, Db: {Command: x}");
    assert_eq!(manager.list_silences(&requester())[0].silenced, ["Db"]);
    assert_eq!(manager.listed_silence(1, &requester()).map(|listed| listed.silenced), Some(vec!["Db".to_owned()]));
    assert!(manager.listed_silence(2, &requester()).is_none());
    assert!(manager.state().is_silenced(&"Db".into()) && !manager.state().is_silenced(&"Mail".into()));
    manager.end_silence(1, &requester()).await.expect("it is there");
    assert!(!manager.state().is_silenced(&"Db".into()));
}
