//! The module `smoker.server.plugins.glusterfs` on recorded answers of
//! Gluster 10.3, and on the real command without its daemon.

use serde_json::{Value as Json, json};
use smoker_tests::executable;
use smoker_tests::machine::skip::program;
use tempfile::TempDir;

use crate::request::module;
use crate::service::fixture;

const MODULE: &str = "smoker.server.plugins.glusterfs";

/// A command that answers as the recorded one did.
fn recorded(folder: &str) -> (TempDir, String) {
    let temporary = tempfile::tempdir().expect("a folder");
    let command = temporary.path().join("gluster");
    let script = format!(
        "#!/bin/sh\n[ \"$1 $2\" = \"--mode=script --xml\" ] || exit 9\nshift 2\ncd '{}' || exit 9\n\
         case \"$*\" in\n\
         'peer status') cat peer-status.xml ;;\n\
         'volume info') cat volume-info.xml ;;\n\
         'volume status all') cat volume-status.xml ;;\n\
         'volume heal '*' info') cat \"volume-heal-$3.xml\" ;;\n\
         *) echo \"unknown: $*\"; exit 1 ;;\nesac\n",
        fixture("gluster").join(folder).display()
    );
    executable::write(&command, &script);
    let path = command.to_str().expect("text").to_owned();
    (temporary, path)
}

fn rows(answer: &Json) -> Vec<String> {
    let components = answer["componentResults"].as_object().expect("components");
    components
        .iter()
        .map(|(name, part)| {
            let levels = ["error", "warn", "info"].iter().filter_map(|level| part["messages"][level].as_array());
            let texts: Vec<_> = levels.flatten().map(|text| text.as_str().expect("text")).collect();
            format!("{name}: {}: {}", part["status"].as_str().expect("text"), texts.join("; "))
        })
        .collect()
}

#[test]
fn a_healthy_volume_is_ok_and_one_that_is_not_started_warns() {
    let (_folder, gluster) = recorded("healthy");
    let answer =
        module(MODULE, &json!({"Gluster": gluster, "Checks": ["peers", "volumes", "heal"]})).expect("findings");
    let expected = [
        "volume gv0: OK: Online: storage1:/srv/b1, storage1:/srv/b2, Self-heal Daemon on localhost",
        "volume idle: WARN: Not started, Created",
        "heal gv0: OK: storage1:/srv/b1: 0 entries to heal; storage1:/srv/b2: 0 entries to heal",
    ];
    assert_eq!((rows(&answer), answer["status"].as_str()), (expected.map(str::to_owned).to_vec(), Some("WARN")));
    let answer = module(MODULE, &json!({"Gluster": [gluster], "Volumes": ["gv0"]})).expect("findings");
    assert_eq!(answer["status"], "OK");
    let answer = module(MODULE, &json!({"Gluster": gluster, "Volumes": ["idle", "none"], "Checks": "volumes"}));
    let expected = ["volume idle: ERROR: Not started, Created", "volume none: ERROR: There is no such volume"];
    assert_eq!(rows(&answer.expect("findings")), expected);
    let answer = module(MODULE, &json!({"Gluster": gluster, "Checks": ["peers"]})).expect("findings");
    assert_eq!(answer["messages"]["warn"], json!(["No peers and no volumes found"]));
}

#[test]
fn healing_beside_the_originals_components_is_asked_for() {
    let (_folder, gluster) = recorded("healthy");
    let names = |parameters: Json| {
        let answer = module(MODULE, &parameters).expect("findings");
        rows(&answer).into_iter().filter(|row| row.starts_with("Heal: ")).collect::<Vec<_>>()
    };
    let bricks = "Volume gv0: storage1:/srv/b1: 0 entries to heal; Volume gv0: storage1:/srv/b2: 0 entries to heal";
    assert_eq!(names(json!({"Gluster": gluster, "Heal": true})), [format!("Heal: OK: {bricks}")]);
    assert_eq!(names(json!({"Gluster": gluster})), [""; 0]);
    let missing = names(json!({"Gluster": "/no/gluster", "Heal": true}));
    assert!(
        missing[0].starts_with("Heal: ERROR: cannot check healing: /no/gluster volume info cannot be run"),
        "{missing:?}"
    );
}

#[test]
fn a_lost_brick_and_a_lost_peer_are_errors() {
    let (_folder, gluster) = recorded("degraded");
    let answer = module(MODULE, &json!({"Gluster": gluster, "Volumes": ["gv0"]})).expect("findings");
    let expected = [
        "peer storage2: ERROR: Disconnected, Peer in Cluster",
        "volume gv0: ERROR: Offline: storage1:/srv/b2; Online: storage1:/srv/b1, Self-heal Daemon on localhost",
        "heal gv0: ERROR: storage1:/srv/b2: Transport endpoint is not connected; storage1:/srv/b1: 4 entries to heal",
    ];
    assert_eq!(rows(&answer), expected);
    let heal = |limits: Json| {
        let mut parameters = json!({"Gluster": gluster, "Volumes": ["gv0"], "Checks": ["heal"]});
        parameters.as_object_mut().expect("an object").extend(limits.as_object().expect("an object").clone());
        let answer = module(MODULE, &parameters).expect("findings");
        answer["componentResults"]["heal gv0"]["messages"].clone()
    };
    assert_eq!(heal(json!({}))["warn"].as_array().map(Vec::len), Some(1));
    assert_eq!(heal(json!({"HealWarn": 5}))["info"].as_array().map(Vec::len), Some(1));
    assert_eq!(heal(json!({"HealError": 4}))["error"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_gluster_refuses_is_reported() {
    let (_folder, gluster) = recorded("stopped");
    let reason = module(MODULE, &json!({"Gluster": gluster, "Checks": "peers"})).expect_err("refused");
    let message = "Connection failed. Please check if gluster daemon is operational.";
    assert_eq!(reason, format!("{gluster} peer status failed: {message}"));
    let reason = module(MODULE, &json!({"Gluster": "/no/such", "Checks": "peers"})).expect_err("refused");
    assert_eq!(reason, "/no/such peer status cannot be run: [Errno 2] No such file or directory: '/no/such'");
    let reason = module(MODULE, &json!({"Checks": ["disks"]})).expect_err("refused");
    assert!(reason.starts_with("Checks has to be a list of peers, volumes and heal, not 'disks'"), "{reason}");
}

#[test]
fn the_real_command_answers_in_a_form_that_is_understood() {
    let Some(gluster) = program("gluster", "install with: apt-get install glusterfs-cli") else { return };
    let gluster = gluster.to_str().expect("text");
    // By itself it tries for two minutes to reach its daemon.
    match module(MODULE, &json!({"Gluster": [gluster, "--timeout=3"], "Checks": "peers"})) {
        Ok(answer) => assert!(answer["status"].is_string()),
        Err(reason) => {
            assert!(reason.contains("Connection failed. Please check if gluster daemon is operational."), "{reason}");
        }
    }
}
