//! The shipped modules, built in and as classes that plugins in Python subclass: both find the same.

use serde_json::Value as Json;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;

/// Stands for `gluster`: a lost peer, and a volume with one good and one broken host.
const GLUSTER: &str = "case \"$*\" in
'peer status --xml') echo '<c><peer><hostname>a</hostname><connected>0</connected><stateStr>Lost</stateStr></peer></c>' ;;
'volume list') echo v ;;
*)
    echo '<c><opRet>0</opRet><node><hostname>a</hostname><status>1</status></node>'
    echo '<node><hostname>b</hostname><status>0</status></node><node><hostname>b</hostname><status>1</status></node></c>' ;;
esac
";

/// The parameters of each plugin.
const FSMOUNT: [&str; 5] = [
    "Types: [tmpfs]\nMounts: [/dev/shm]",
    "Types: xfs, tmpfs\nMounts: /dev/shm/",
    "Types: null\nMounts: [/dev/shm]\nIgnore: /de|/x",
    "Mounts: [/dev/shm]",
    "Ignore: /dev\nTypes: []\nMounts: /dev/shm, /dev/pts",
];

#[test]
fn a_subclass_finds_what_the_built_in_finds() {
    let gluster = "Gluster: [sh, '{{DIR}}/gluster.sh']\nVolume: no-such-volume";
    let mut config = Config::new()
        .file("gluster.sh", GLUSTER)
        .file("health", "Backend a is Healthy\nx\nAverage responsetime of good probes: 0.9\n")
        .file("site_uname.py", "from smoker.server.plugins.uname import Plugin\n")
        .file("site_fsmount.py", "from smoker.server.plugins.fsmount import Plugin\n")
        .file("site_glusterfs.py", "from smoker.server.plugins.glusterfs import Plugin\n")
        .file("site_mongo.py", "from smoker.server.plugins.mongo import Plugin\n")
        .file("site_testconnection.py", "from smoker.server.plugins.testconnection import Plugin\n")
        .file("site_varnish.py", "from smoker.server.plugins.varnishparser import Parser\n");
    let varnish = "Command: cat {{DIR}}/health\nParser: ";
    let mut pairs = vec![
        ("uname".to_owned(), "Module: smoker.server.plugins.uname".to_owned(), "Module: site_uname".to_owned()),
        (
            "glusterfs".to_owned(),
            format!("Module: smoker.server.plugins.glusterfs\n{gluster}"),
            format!("Module: site_glusterfs\n{gluster}"),
        ),
        (
            "varnish".to_owned(),
            format!("{varnish}smoker.server.plugins.varnishparser"),
            format!("{varnish}site_varnish"),
        ),
    ];
    for (name, parameters) in [
        ("mongo", "Host: 127.0.0.1\nPort: 1"),
        ("mongo", "Host: 127.0.0.1\nPort: 1\nChecks: [members]"),
        ("testconnection", "Connections: [[127.0.0.1, 1], [127.0.0.1, no-such-service]]"),
    ] {
        let of = |module: &str| format!("Module: {module}\n{parameters}");
        let number = pairs.len();
        pairs.push((
            format!("{name}{number}"),
            of(&format!("smoker.server.plugins.{name}")),
            of(&format!("site_{name}")),
        ));
    }
    for (number, parameters) in FSMOUNT.iter().enumerate() {
        let of = |module: &str| format!("Module: {module}\n{parameters}");
        pairs.push((format!("fsmount{number}"), of("smoker.server.plugins.fsmount"), of("site_fsmount")));
    }
    for (name, built_in, subclass) in &pairs {
        config = config.plugin(name, built_in).plugin(&format!("sub-{name}"), subclass);
    }
    let daemon = Daemon::start(config);
    for (name, ..) in &pairs {
        let [built_in, subclass] = [name.clone(), format!("sub-{name}")].map(|name| comparable(&daemon.run(&name).0));
        assert!(built_in.contains("messages"), "{built_in}");
        assert_eq!(built_in, subclass, "{name}");
    }
    let found = daemon.run("sub-glusterfs").0.to_string();
    assert!(found.contains("Volume v is not healthy (failed nodes: b)"), "{found}");
    assert!(found.contains("Peer a is not healthy: Lost (Disconnected)"), "{found}");
}

/// What has to be equal: without moments, and the names of temporary files and folders.
fn comparable(result: &Json) -> String {
    let mut result = result.clone();
    let members = result.as_object_mut().expect("a result");
    members.retain(|name, _| ["status", "messages", "componentResults"].contains(&name.as_str()));
    if let Some(mount) = result.pointer_mut("/componentResults/Mount/messages") {
        *mount = Json::Null;
    }
    result.to_string().chars().filter(|c| !c.is_ascii_digit()).collect()
}
