//! The shipped modules as classes to subclass, and a user's own in their place.

use std::fs;

use smoker_model::messages::Level;
use smoker_model::result::PluginResult;
use smoker_model::status::Status;
use smoker_model::value::Value;

use crate::fixture::{Check, Modules, error, infos, plugin, texts};

fn components(result: &PluginResult) -> String {
    let components = result.component_results.as_ref().expect("components").as_json().clone();
    serde_json::Value::Object(components).to_string()
}

#[test]
fn what_a_subclass_overrides_counts() {
    let modules = Modules::new();
    modules.file(
        "quiet.py",
        "from smoker.server.plugins import fsmount\n\
         class Plugin(fsmount.Plugin):\n    def check_readwrite(self, path):\n        check = self.check_access(path)\n        \
         check['messages']['info'] = ['not written to']\n        return check\n",
    );
    let text = |text: &str| Value::Text(text.to_owned());
    let check = Check::module("quiet").parameter("Types", text("tmpfs")).parameter("Mounts", text("/dev/shm"));
    let found = components(&modules.run(&check));
    assert!(found.contains("Read/Write: not written to") && !found.contains("written string"), "{found}");
    modules.file(
        "fewer.py",
        "from smoker.server.plugins import glusterfs\n\
         class Plugin(glusterfs.Plugin):\n    def check_peers(self):\n        raise ValueError('nobody')\n    \
         def check_volumes(self):\n        self.result.add_component('Volumes', 'OK', info=[str(self.getVolumes())])\n",
    );
    let command = Value::List(["sh", "-c", "echo v"].map(text).to_vec());
    let found = components(&modules.run(&Check::module("fewer").parameter("Gluster", command)));
    assert!(found.contains("Can't check peers: nobody") && found.contains("['v']"), "{found}");
}

/// What a parameter means may not depend on whether there is a subclass.
#[test]
fn a_subclass_takes_the_parameters_of_the_built_in() {
    let modules = Modules::new();
    modules.file("mounts.py", "from smoker.server.plugins.fsmount import Plugin as P\nclass Plugin(P):\n    pass\n");
    let text = |text: &str| Value::Text(text.to_owned());
    let (proc, all) = (Value::List(vec![text("/proc"), Value::Int(5)]), text("all"));
    for types in [all.clone(), Value::List(vec![all.clone()]), Value::Map(vec![(all, Value::Int(1))])] {
        let check = Check::module("mounts").parameter("Types", types.clone()).parameter("Mounts", proc.clone());
        let found = components(&modules.run(&check));
        assert!(found.contains("\"/proc\"") && found.contains("Access: listed "), "{types:?}: {found}");
    }
    modules.file("heals.py", "from smoker.server.plugins.glusterfs import Plugin as P\nclass Plugin(P):\n    pass\n");
    let command = Value::List(["sh", "-c", "echo v"].map(text).to_vec());
    let check = Check::module("heals").parameter("Gluster", command).parameter("Heal", Value::Bool(true));
    let found = components(&modules.run(&check));
    assert!(found.contains("\"Heal\"") && found.contains("cannot check healing: "), "{found}");
}

#[test]
fn the_methods_of_the_shipped_modules_can_be_called() {
    let modules = Modules::new();
    let body = "from smoker.server.plugins import fsmount\nmine = fsmount.Plugin(self.plugin)\nm = mine.get_mounts(mounts=['/proc'])['/proc']\n\
                self.result.add_info('%s %s' % (m['type'], isinstance(m['options'], list)))\n\
                try:\n    mine.check_access('/no/such')\nexcept OSError as error: self.result.add_info(str(error))\n\
                self.result.add_info(mine.check_mount('/no/such', None)['state'])";
    let expected = ["proc True", "[Errno 2] No such file or directory: '/no/such'", "ERROR"];
    assert_eq!(infos(&modules.run_body("methods", body)), expected);
    let body = r"
import socket
from smoker.server.plugins.testconnection import ConnectionCheck
open_one = socket.socket()
open_one.bind(('127.0.0.1', 0))
open_one.listen(5)
closed = socket.socket()
closed.bind(('127.0.0.1', 0))
for address in (open_one.getsockname(), closed.getsockname(), ('no-such-host.invalid', 1), (5, 1)):
    check = ConnectionCheck(address, 2)
    check.start()
    check.join()
    self.result.add_info(str(check.info or check.err).replace(str(closed.getsockname()[1]), 'PORT'))
";
    let found = modules.run_body("connects", body);
    let found = infos(&found);
    let refused = "['Host: 127.0.0.1, port: PORT, Socket error: [Errno 111] Connection refused']";
    assert_eq!(found[..2], ["['Host: 127.0.0.1']", refused]);
    assert!(found[2].starts_with("['Host: no-such-host.invalid resolving error: [Errno -"), "{found:?}");
    assert!(
        found[3].starts_with("[\"Host: 5, Unknown exception: ")
            || found[3].starts_with("['Host: 5, Unknown exception: "),
        "{found:?}"
    );
}

#[test]
fn a_changed_copy_in_a_folder_of_the_users_takes_the_place_of_the_built_in() {
    let modules = Modules::new();
    let own = "smoker/server/plugins/uname.py";
    modules.file(own, &plugin("self.result.add_warn('mine')"));
    let check = Check::module("smoker.server.plugins.uname");
    assert_eq!(texts(&modules.run(&check), Level::Warn), ["mine"]);
    modules.file("sub.py", "from smoker.server.plugins.uname import Plugin\n");
    assert_eq!(texts(&modules.run(&Check::module("sub")), Level::Warn), ["mine"]);
    fs::remove_file(modules.path(own)).expect("the file");
    assert_eq!(modules.run(&check).status, Status::Ok);
    modules.file(own, "class Plugin(: pass");
    assert!(error(&modules.run(&check)).contains("invalid syntax"));
}
