//! Help, man pages and completions.

use crate::run::{CHECK, Run, SMOKERCLI};

fn printed(program: &str, arguments: &[&str]) -> String {
    let done = Run::of(program).args(arguments).done();
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    done.stdout
}

/// Every long option that the help shows.
fn long_options(program: &str) -> Vec<String> {
    let help = printed(program, &["--help"]);
    let options = help.split_whitespace().filter_map(|word| word.strip_prefix("--"));
    options.map(|option| option.trim_matches([',', ']', ';']).to_owned()).filter(|option| !option.is_empty()).collect()
}

#[test]
fn man_page_and_completions_know_every_option() {
    for program in [SMOKERCLI, CHECK] {
        let options = long_options(program);
        assert!(options.len() > 7, "{options:?}");
        for what in ["man", "bash", "zsh", "fish"] {
            let text = printed(program, &["--generate", what]).replace('\\', "");
            for option in &options {
                assert!(text.contains(option.as_str()), "{what} of {program} lacks --{option}");
            }
        }
    }
}

#[test]
fn the_man_page_tells_the_exit_codes() {
    let page = printed(SMOKERCLI, &["--generate", "man"]);
    for code in [0, 1, 2, 69, 130] {
        assert!(page.contains(&format!(".TP\n{code}\n")), "{code}");
    }
}

#[test]
fn shells_complete_the_formats() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(printed(SMOKERCLI, &["--generate", shell]).contains("ndjson"), "{shell}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(printed(SMOKERCLI, &["--version"]), format!("smokercli {}\n", env!("CARGO_PKG_VERSION")));
}
