use smoker_model::value::Value;
use smoker_trust::access::client_lines::SameKey;

use crate::compare::compare_request::ComparisonFormat;

use super::*;

fn mode(arguments: &[&str]) -> Result<Mode, u8> {
    let arguments = ["smokerd"].iter().chain(arguments).map(OsString::from);
    parse(arguments).map(|options| options.mode)
}

#[test]
fn the_foreground_option_has_one_dash_and_two_letters() {
    assert_eq!(mode(&["-fg"]), Ok(Mode::Foreground));
    assert_eq!(mode(&["--fore", "-v"]), Ok(Mode::Foreground));
    assert_eq!(mode(&["--f"]), Ok(Mode::Foreground));
    assert_eq!(mode(&[]), Ok(Mode::Background));
}

#[test]
fn a_prefix_that_was_unique_in_the_original_keeps_its_meaning() {
    let of = |words: &[&str]| {
        let arguments = ["smokerd"].iter().chain(words).map(OsString::from);
        parse(arguments).unwrap_or_else(|code| panic!("{words:?}: {code}"))
    };
    for config in [&["--c", "x"][..], &["--co=x"], &["--con", "x"]] {
        assert_eq!(of(config).config, PathBuf::from("x"), "{config:?}");
    }
    assert_eq!(of(&["--p", "x"]).pidfile, Some(PathBuf::from("x")));
    for stop in ["--s", "--st"] {
        assert_eq!(of(&[stop]).mode, Mode::Stop, "{stop}");
    }
    for verbose in ["--v", "--ver", "--verb"] {
        assert_eq!(of(&[verbose]).logging.level, Level::INFO, "{verbose}");
    }
    assert!(!of(&["--no-s"]).logging.syslog);
    // Prefixes of what has been added since mean that.
    assert!(matches!(of(&["--ch"]).mode, Mode::Check(_)));
}

#[test]
fn the_options_of_a_test_need_the_plugin() {
    let Ok(Mode::Test(request)) = mode(&["--test-plugin", "a", "--param", "n=5", "--param", "t=a=b"]) else {
        panic!("a test");
    };
    let text = Value::Text("a=b".to_owned());
    assert_eq!(request.parameters, [("n".to_owned(), Value::Int(5)), ("t".to_owned(), text)]);
    for wrong in [&["--param", "n=5"][..], &["-o", "json"], &["--with-action"], &["--test-plugin"]] {
        assert_eq!(mode(wrong), Err(exit_code::USAGE), "{wrong:?}");
    }
    for wrong in [&["--param", "n"][..], &["--param", "=5"], &["--check"], &["-fg"], &["-o", "xml"]] {
        assert_eq!(mode(&[&["--test-plugin", "a"][..], wrong].concat()), Err(exit_code::USAGE), "{wrong:?}");
    }
}

#[test]
fn what_output_means_depends_on_what_is_wanted() {
    let (folder, output) = (PathBuf::from("d"), Some(PathBuf::from("json")));
    assert_eq!(mode(&["--genconfig", "d", "-o", "json"]), Ok(Mode::Genconfig { folder: folder.clone(), output }));
    assert_eq!(mode(&["--genconfig=d"]), Ok(Mode::Genconfig { folder, output: None }));
    let Ok(Mode::Test(request)) = mode(&["--test-plugin", "a", "-o", "json"]) else { panic!("a test") };
    assert_eq!(request.format, crate::test_plugin::test_request::TrialFormat::Json);
    for wrong in [
        &["-o", "x"][..],
        &["--check", "-o", "x"],
        &["--strict"],
        &["--genconfig"],
        &["--genconfig", "d", "--check"],
        &["--genconfig", "d", "-fg"],
    ] {
        assert_eq!(mode(wrong), Err(exit_code::USAGE), "{wrong:?}");
    }
}

#[test]
fn a_reload_is_of_the_pidfile_or_of_a_process() {
    for words in [&["--reload"][..], &["--rel", "-p", "x"], &["-fg", "--reload"]] {
        assert_eq!(mode(words), Ok(Mode::Reload(None)), "{words:?}");
    }
    assert_eq!(mode(&["--reload=12"]), Ok(Mode::Reload(Some(Pid::from_raw(12)))));
    for wrong in [
        &["--reload=0"][..],
        &["--reload=-1"],
        &["--reload="],
        &["--reload=x"],
        &["--reload", "12"],
        &["--reload", "--stop"],
        &["--reload", "--check"],
        &["--reload", "--genconfig", "d"],
        &["--reload", "--test-plugin", "a"],
        &["--reload", "--compare", "a"],
        &["--reload", "-o", "json"],
    ] {
        assert_eq!(mode(wrong), Err(exit_code::USAGE), "{wrong:?}");
    }
}

#[test]
fn a_comparison_needs_an_address_and_stands_alone() {
    let request = |format| CompareRequest { url: "web1".to_owned(), format, plugins: Vec::new(), with_action: false };
    assert_eq!(mode(&["--compare", "web1"]), Ok(Mode::Compare(request(ComparisonFormat::Table))));
    assert_eq!(mode(&["--compare=web1", "-o", "json"]), Ok(Mode::Compare(request(ComparisonFormat::Json))));
    for wrong in [
        &["--compare"][..],
        &["--compare", "a", "--check"],
        &["--compare", "a", "-fg"],
        &["--compare", "a", "-o", "text"],
        &["--compare", "a", "--test-plugin", "b"],
    ] {
        assert_eq!(mode(wrong), Err(exit_code::USAGE), "{wrong:?}");
    }
}

#[test]
fn identities_are_shown_and_changed_by_commands_that_stand_alone() {
    let is = |request| Ok(Mode::Identity(request));
    assert_eq!(mode(&["--identity"]), is(IdentityRequest::Show));
    assert_eq!(
        mode(&["--authorize", "sha256//x role=run"]),
        is(IdentityRequest::Authorize("sha256//x role=run".to_owned(), SameKey::Stays))
    );
    assert_eq!(
        mode(&["--authorize", "x", "--replace"]),
        is(IdentityRequest::Authorize("x".to_owned(), SameKey::Replaced))
    );
    assert_eq!(mode(&["--authorized"]), is(IdentityRequest::ListClients));
    let token = |options: &str| IdentityRequest::AddToken { name: "a".to_owned(), options: options.to_owned() };
    assert_eq!(mode(&["--token", "add", "a", "--role", "read"]), is(token("role=read")));
    let words = ["-c", "x", "--token", "add", "a", "--role=read", "--expires=90d"];
    assert_eq!(mode(&words), is(token("role=read expires=90d")));
    assert_eq!(mode(&["--withdraw", "ann"]), is(IdentityRequest::Withdraw("ann".to_owned())));
    assert_eq!(mode(&["--token", "list"]), is(IdentityRequest::ListTokens));
    assert_eq!(mode(&["--token", "remove", "a"]), is(IdentityRequest::RemoveToken("a".to_owned())));
    for wrong in [
        &["--token"][..],
        &["--token", "add"],
        &["--token", "add", "a"],
        &["--token", "list", "a"],
        &["--token", "remove"],
        &["--token", "list", "--role", "read"],
        &["--role", "read"],
        &["--identity", "--check"],
        &["--identity", "-fg"],
        &["--identity", "--compare", "a"],
        &["--authorize", "x", "--token", "list"],
        &["--authorize", "x", "--authorized"],
        &["--authorized", "--replace"],
        &["--identity", "--role", "read"],
        &["--withdraw", "a", "--only", "type=a"],
        &["--authorized", "--withdraw", "a"],
    ] {
        assert_eq!(mode(wrong), Err(exit_code::USAGE), "{wrong:?}");
    }
}

#[test]
fn an_unknown_argument_is_explained() {
    let text = |argument: &str| {
        let error = parse_arguments(["smokerd", "--check", argument].map(OsString::from)).expect_err(argument);
        with_tip(error).to_string()
    };
    assert!(text("my.yaml").contains("a configuration is named by an option: -c my.yaml"), "{}", text("my.yaml"));
    for (word, meant) in [
        ("stop", "--stop"),
        ("start", "smokerd -c FILE"),
        ("restart", "systemctl restart smokerd"),
        ("suggets", "smokerd suggest"),
    ] {
        assert!(text(word).contains(meant), "{}", text(word));
    }
    assert!(text("--stirct").contains("'--strict'"), "{}", text("--stirct"));
    assert!(text("--nonsense").contains("try '--help'"), "{}", text("--nonsense"));
}

#[test]
fn an_unknown_option_is_a_usage_error() {
    assert_eq!(mode(&["--nonsense"]), Err(exit_code::USAGE));
    assert_eq!(mode(&["--version"]), Err(exit_code::SUCCESS));
}
