//! A folder as configuration: a file for each template, action and plugin.

use std::os::unix::fs::symlink;
use std::time::Duration;

use smoker_config::config;
use smoker_config::problem::Severity;
use smoker_model::plugin::Trigger;

use crate::support::{Folder, environment, names, plugin, text};

/// A folder with what every configuration needs but plugins.
fn folder() -> Folder {
    Folder::empty().and("common.yaml", "bind_port: 18086\n").and("template.d/BasePlugin.yaml", "Timeout: 30\n")
}

#[test]
fn each_file_is_an_entry_and_they_are_sorted_by_name() {
    let folder = folder()
        .and("plugin.d/Web-2.yaml", "Command: two")
        .and("plugin.d/Web.yaml", "Command: one\nTemplate: Often\nAction: Tell")
        .and("plugin.d/Disk.yaml", "Command: disk")
        .and("plugin.d/a.b.yaml", "Command: dotted")
        .and("plugin.d/017.yaml", "Command: numeric")
        .and("template.d/Often.yaml", "Interval: 5")
        .and("action.d/Tell.yaml", "Command: logger")
        .and("smokerd.yaml", "not: [this");
    let config = folder.config();
    assert_eq!(names(&config), ["017", "Disk", "Web", "Web-2", "a.b"]);
    assert_eq!(config.settings.bind_port, 18086);
    assert_eq!(config.problems, []);
    let web = plugin(&config, "Web");
    let five_seconds = Duration::from_secs(5);
    assert_eq!(web.trigger, Some(Trigger::Every { interval: five_seconds, splay: Duration::ZERO }));
    assert_eq!(web.actions.len(), 1);
}

#[test]
fn it_means_the_same_as_one_file_that_includes_the_folders() {
    let parts = |folder: Folder| {
        folder
            .and("template.d/BasePlugin.yaml", "Timeout: 30")
            .and("action.d/Tell.yaml", "Command: logger %(status)s")
            .and("plugin.d/One.yaml", "Command: !include beside.txt\nAction: Tell")
            .and("plugin.d/beside.txt", "echo included")
            .and("plugin.d/Two.yaml", "Module: smoker.server.plugins.uname\nList: [yes, 017, 1:30]")
    };
    let whole = parts(folder()).config();
    let including = parts(Folder::with(
        "bind_port: 18086\ntemplates: !include_dir template.d\nactions: !include_dir action.d\nplugins: !include_dir plugin.d\n",
    ))
    .config();
    assert_eq!((whole.settings, whole.plugins), (including.settings, including.plugins));
}

#[test]
fn empty_and_missing_parts_are_fine() {
    let only_plugins = Folder::empty()
        .and("plugin.d/Up.yaml", "Command: uptime")
        .and("template.d/BasePlugin.yaml", "{}")
        .and("action.d/readme.txt", "");
    let config = only_plugins.config();
    assert_eq!((names(&config), config.problems.len()), (vec!["Up"], 0));
    let empty_common = only_plugins.and("common.yaml", "# nothing yet\n");
    assert_eq!(names(&empty_common.config()), ["Up"]);
}

#[test]
fn common_may_have_sections_of_its_own() {
    let folder = folder()
        .and("common.yaml", "templates: {Often: {Interval: 5}}\nplugins:\n  Own: {Command: own}\nactions:\n")
        .and("plugin.d/Added.yaml", "{Command: added, Template: Often}");
    assert_eq!(names(&folder.config()), ["Own", "Added"]);

    let twice = folder.and("plugin.d/Own.yaml", "Command: again").and("template.d/Often.yaml", "Interval: 6");
    assert_eq!(
        twice.error(),
        "template.d/Often.yaml:1:1: templates: Often is defined here and at common.yaml:1:13; remove one of the two"
    );
    let odd = twice.and("common.yaml", "plugins: 5");
    assert_eq!(
        odd.error(),
        "common.yaml:1:1: plugins has to be a mapping to which the files of plugin.d can be added, not a number"
    );
}

#[test]
fn places_name_the_real_files() {
    let folder = folder()
        .and("common.yaml", "bind_prot: 1\n")
        .and("plugin.d/Good.yaml", "Command: x")
        .and("plugin.d/Timeless.yaml", "Command: x\nTimeout: 0")
        .and("plugin.d/Empty.yaml", "# later\n")
        .and("plugin.d/Twice.yaml", "Twice:\n  Command: x")
        .and("plugin.d/Whole.yaml", "plugins:\n  Whole:\n    Command: x")
        .and("template.d/Own.yaml", "templates:\n  Own:\n    Timeout: 5")
        .and("plugin.d/Old.yml", "Command: x")
        .and("plugin.d/web/Lost.yaml", "Command: x")
        .and("plugin.d/scripts/check.sh", "")
        .and("common.yml", "bind_port: 1")
        .and("plugin.d/More.yaml/Lost.yaml", "Command: x");
    assert_eq!(
        folder.problems(),
        [
            "Warning common.yml:1:1: this file is not read: the name has to be common.yaml",
            "Warning template.d/Own.yaml:1:1: the file's name is the entry's name already, so this is a parameter; remove \
             the lines `templates:` and `Own:` and unindent the lines below",
            "Warning plugin.d/More.yaml: this is a folder, and nothing in it is read: put its files beside it, or rename it",
            "Warning plugin.d/Old.yml:1:1: this file is not read: the name has to end in .yaml",
            "Warning plugin.d/web: nothing in this folder is read, since folders in a folder are not: put its files beside it",
            "Warning common.yaml:1:1: unknown key bind_prot is ignored; did you mean bind_port?",
            "Error plugin.d/Empty.yaml:1:1: Plugin Empty not loaded: the plugin is empty; it needs parameters such as \
             `Command: uptime`",
            "Error plugin.d/Timeless.yaml:2:1: Plugin Timeless not loaded: Timeout parameter can't be 0: it has to be a \
             number of seconds above 0, not 0",
            "Error plugin.d/Twice.yaml:1:1: Plugin Twice not loaded: Command or Module parameter has to be set; there is one \
             below `Twice:`: remove that and unindent what is below it",
            "Error plugin.d/Whole.yaml:1:1: Plugin Whole not loaded: Command or Module parameter has to be set; there is \
             one below `plugins: Whole:`: remove that and unindent what is below it",
        ]
    );
}

#[test]
fn every_broken_file_is_reported() {
    let folder = folder()
        .and("common.yaml", "- a list")
        .and("template.d/Equals.yaml", "Command = x\nTimeout: 3")
        .and("template.d/Include.yaml", "Command: !include nosuch.txt")
        .and_bytes("action.d/Latin.yaml", b"Command: \xe9")
        .and("plugin.d/Broken.yaml", "[");
    let error = folder.error();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines[0], "common.yaml:1:1: it has to be a mapping of settings, not a list");
    assert_eq!(
        lines[1],
        "Can't parse config file DIR: template.d/Equals.yaml:1:1: this is no `name: value`; use a colon: `Command: x`"
    );
    assert!(lines[3].starts_with("Can't include config file nosuch.txt: No such file"), "{error}");
    assert_eq!(
        lines[4],
        "Can't parse config file DIR: template.d/Include.yaml:1:10: Command: !include nosuch.txt cannot be included"
    );
    assert!(lines[5].starts_with("Can't read config file action.d/Latin.yaml: line 1, column 10"), "{error}");
    assert_eq!(lines.len(), 6, "{error}");
}

/// Puts files that cannot be plugins beside one that can.
fn with_broken_plugins(folder: Folder) -> Folder {
    let folder = folder
        .and("plugin.d/Good.yaml", "Command: x")
        .and("plugin.d/Anchor.yaml", "Command: *nothing")
        .and("plugin.d/Include.yaml", "Command: !include nosuch.txt")
        .and_bytes("plugin.d/Latin.yaml", b"Command: \xe9")
        .and("plugin.d/List.yaml", "- Command: x")
        .and("plugin.d/Open.yaml", "Timeout: 3\nCommand: \"x\nInterval: 5")
        .and("plugin.d/Self.yaml", "Command: !include Self.yaml");
    symlink("/no/such/file", folder.path("plugin.d/Dangling.yaml")).expect("writable");
    symlink("/dev/zero", folder.path("plugin.d/Endless.yaml")).expect("writable");
    folder
}

#[test]
fn a_broken_file_of_a_plugin_is_left_out_alone() {
    let of_folder = with_broken_plugins(folder().and("common.yaml", "plugins: {Own: {Command: x}}"));
    let of_file = with_broken_plugins(Folder::with("templates: {BasePlugin: {}}\nplugins: !include_dir plugin.d\n"));
    let of_part = with_broken_plugins(
        Folder::with("templates: {BasePlugin: {}}\nplugins: !include all.yaml\n")
            .and("all.yaml", "!include_dir plugin.d"),
    );
    for folder in [of_folder, of_file, of_part] {
        let config = folder.config();
        assert!(names(&config).contains(&"Good"), "{:?}", names(&config));
        let problems = folder.problems();
        let shown = problems.join("\n");
        for (line, words) in [
            ("plugin.d/Anchor.yaml:1:10: Plugin Anchor not loaded: ", "nothing above is marked `&nothing`"),
            ("plugin.d/Dangling.yaml:1:1: Plugin Dangling not loaded: ", "No such file"),
            ("plugin.d/Endless.yaml:1:1: Plugin Endless not loaded: ", "it is a device"),
            ("plugin.d/Include.yaml:1:10: Plugin Include not loaded: ", "nosuch.txt: No such file"),
            ("plugin.d/Latin.yaml:1:1: Plugin Latin not loaded: ", "the byte 0xe9 is not UTF-8"),
            ("plugin.d/List.yaml:1:1: Plugin List not loaded: ", "has to be a mapping of parameters, not a list"),
            ("Plugin Open not loaded: ", "quote"),
            ("plugin.d/Self.yaml:1:10: Plugin Self not loaded: ", "it includes itself"),
        ] {
            let found = problems.iter().filter(|it| it.contains(line) && it.contains(words)).count();
            assert_eq!(found, 1, "{line}{words}: {shown}");
        }
        assert!(problems.iter().all(|it| it.starts_with("Error ") && !it.contains('\n')), "{shown}");
        assert_eq!(problems.len(), 8, "{shown}");
    }
}

#[test]
fn a_plugin_that_two_files_define_keeps_the_first() {
    let twice = folder().and("common.yaml", "plugins:\n  Own: {Command: own}\n").and("plugin.d/Own.yaml", "Command: x");
    assert_eq!(plugin(&twice.config(), "Own").parameters["Command"], text("own"));
    assert_eq!(
        twice.problems(),
        [
            "Error plugin.d/Own.yaml:1:1: Plugin Own of this file not loaded: Own is defined at common.yaml:2:3, too; remove \
          one of the two"
        ]
    );
}

#[test]
fn what_is_missing_is_reported_with_the_folder_where_it_belongs() {
    let nothing = Folder::empty().and("readme.txt", "");
    assert_eq!(
        nothing.error(),
        "Can't read config folder DIR: there is neither common.yaml nor template.d, action.d, plugin.d in it"
    );
    let misnamed = folder().and("plugins.d/Up.yaml", "Command: uptime");
    assert_eq!(misnamed.error(), "plugin.d: No configured plugins: the plugins section is empty; add a plugin to it");
    assert_eq!(misnamed.problems(), ["Warning plugins.d: this folder is not read; did you mean plugin.d?"]);
    let bare = Folder::empty().and("plugin.d/Up.yaml", "Command: uptime");
    assert!(
        bare.error().starts_with("template.d: Required BasePlugin template is not configured!"),
        "{}",
        bare.error()
    );
    let odd = folder().and("plugin.d", "a file");
    assert_eq!(odd.error(), "Can't read config folder plugin.d: Not a directory (os error 20)");
}

#[test]
fn an_include_is_looked_up_in_the_folder_and_beside_the_file() {
    let folder = folder()
        .and("plugin.d/Up.yaml", "Command: !include parts/command.txt\nTwo: !include other.txt")
        .and("parts/command.txt", "from the folder")
        .and("plugin.d/other.txt", "from beside");
    let config = folder.config();
    let up = plugin(&config, "Up");
    assert_eq!((&up.parameters["Command"], &up.parameters["Two"]), (&text("from the folder"), &text("from beside")));
}

#[test]
fn one_configuration_has_one_bound_for_all_its_files() {
    // 40 plugins of 100 000 values each, every one within the bound.
    let ten = |name: &str| format!("[{}]", [name; 10].join(", "));
    let levels = [("a", "x"), ("b", "*a"), ("c", "*b"), ("d", "*c"), ("e", "*d")];
    let lines = levels.map(|(next, last)| format!("{next}: &{next} {}\n", ten(last)));
    let body = format!("Command: x\n{}", lines.concat());
    let one = (0..40).fold(folder(), |folder, index| folder.and(&format!("plugin.d/p{index}.yaml"), &body));
    assert!(one.error().contains("expand to more than 2000000 values"), "{}", one.error());
}

#[test]
fn the_shipped_folder_and_the_shipped_file_load_to_the_same() {
    let etc = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../etc");
    let load = |name: &str| config::load(&etc.join(name), environment).unwrap_or_else(|error| panic!("{error}"));
    let (folder, file) = (load("smokerd"), load("smokerd.yaml"));
    assert_eq!(names(&folder), ["Apache", "Uname", "Uptime", "fsmount", "varnish"]);
    assert_eq!((&folder.settings, &folder.plugins), (&file.settings, &file.plugins));
    // All that there is to say is that Shop and git-refresh are not enabled.
    assert!(file.problems.iter().all(|problem| problem.severity == Severity::Info), "{:?}", file.problems);
}
