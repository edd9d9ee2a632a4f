//! Where modules come from.

use smoker_model::messages::Level;
use smoker_model::status::Status;
use smoker_model::value::Value;
use tempfile::TempDir;

use crate::fixture::{Check, Modules, error, infos, plugin, texts, write};

#[test]
fn the_configuration_folder_comes_before_the_configured_path() {
    let library = TempDir::new().expect("a temporary folder");
    let modules = Modules::with_python(None, &[library.path().to_owned()]);
    write(&library.path().join("both.py"), "WHERE = 'library'\n");
    write(&library.path().join("helper.py"), "WHERE = 'library'\n");
    modules.file("both.py", "WHERE = 'folder'\n");
    let body = "import both, helper\nself.result.add_info('%s %s' % (both.WHERE, helper.WHERE))\nself.result.add_info(repr('' in sys.path))";
    assert_eq!(infos(&modules.run_body("order", body)), ["folder library", "False"]);
}

#[test]
fn users_files_named_like_the_standard_library_are_theirs_alone() {
    let modules = Modules::new();
    for name in ["json", "socket", "logging", "signal", "select"] {
        modules.file(&format!("{name}.py"), "raise ImportError('not for the host')\n");
    }
    modules.file("subprocess.py", "MINE = True\n");
    let body = "import subprocess\nself.result.add_info(str(subprocess.MINE))\n\
                try:\n    import json\nexcept ImportError as error: self.result.add_info(str(error))\n\
                self.result.add_info(self.execute('echo ours')[0])";
    assert_eq!(infos(&modules.run_body("shadows", body)), ["True", "not for the host", "ours"]);
    modules.file("json.py", &plugin("self.result.add_info('my json')"));
    assert_eq!(infos(&modules.run(&Check::module("json"))), ["my json"]);
}

#[test]
fn a_file_that_pythons_own_module_hides_is_named() {
    let modules = Modules::new();
    for name in ["stat", "sys"] {
        modules.file(&format!("{name}.py"), &plugin("self.result.add_info('mine')"));
        let error = error(&modules.run(&Check::module(name))).to_owned();
        let file = modules.path(&format!("{name}.py")).display().to_string();
        assert!(
            error.starts_with(&format!("module '{name}' has no attribute 'Plugin'; it is not {file}, but")),
            "{error}"
        );
    }
    modules.file("own.py", "");
    assert_eq!(error(&modules.run(&Check::module("own"))), "module 'own' has no attribute 'Plugin'");
}

#[test]
fn our_package_wins_and_lets_others_below_it_through() {
    let modules = Modules::new();
    modules
        .file("smoker/__init__.py", "raise ImportError('the original')\n")
        .file("smoker/server/__init__.py", "")
        .file("smoker/server/plugins/__init__.py", "raise ImportError('the original')\n")
        .file("smoker/server/plugins/own.py", &plugin("self.result.add_info('own')"))
        .file("smoker/plugins/house.py", &plugin("self.result.add_info('house')"));
    assert_eq!(infos(&modules.run(&Check::module("smoker.server.plugins.own"))), ["own"]);
    assert_eq!(infos(&modules.run(&Check::module("smoker.plugins.house"))), ["house"]);
}

#[test]
fn an_edited_module_counts_from_its_next_run() {
    let modules = Modules::with_script("unset PYTHONDONTWRITEBYTECODE; exec python3 \"$@\"", &[]);
    // All within a second and of the same size, which Python's own cache does not tell apart.
    for text in ["one", "two", "six"] {
        assert_eq!(infos(&modules.run_body("edited", &format!("self.result.add_info('{text}')"))), [text]);
    }
}

#[test]
fn a_short_name_is_the_users_when_they_have_such_a_parser() {
    let modules = Modules::new();
    let nagios = Check::parsed("echo 'DISK OK - fine'", "nagios");
    assert_eq!(modules.run(&nagios).status, Status::Ok);
    let parser = "from smoker.server.parser import BaseParser\nclass Parser(BaseParser):\n    def parse(self):\n        \
                  self.result.set_status('WARN')\n        return self.result\n";
    modules.file("nagios.py", parser);
    assert_eq!(modules.run(&nagios).status, Status::Warn);
}

#[test]
fn a_pythonpath_counts_for_modules_and_not_for_the_host() {
    let shadows = TempDir::new().expect("a temporary folder");
    for name in ["json", "socket", "logging", "select"] {
        write(&shadows.path().join(format!("{name}.py")), "raise ImportError('not for the host')\n");
    }
    write(&shadows.path().join("helper.py"), "WHERE = 'PYTHONPATH'\n");
    let script = format!("PYTHONPATH={} exec python3 \"$@\"", shadows.path().display());
    let modules = Modules::with_script(&script, &[shadows.path().to_owned()]);
    let body = "import helper\nself.result.add_info(helper.WHERE)";
    assert_eq!(infos(&modules.run_body("environment", body)), ["PYTHONPATH"]);
}

#[test]
fn a_name_that_is_no_text_is_an_error_of_each_run() {
    let modules = Modules::new();
    let result = modules.run(&Check::module("5").parameter("Module", Value::Int(5)));
    assert_eq!(error(&result), "Module has to be the dotted name of a Python module, not int");
    let result = modules
        .run(&Check::parsed("echo out", "['a']").parameter("Parser", Value::List(vec![Value::Text("a".to_owned())])));
    assert_eq!(error(&result), "Parser run failed: Parser has to be the dotted name of a Python module, not list");
    assert_eq!(texts(&result, Level::Info), ["out"]);
}
