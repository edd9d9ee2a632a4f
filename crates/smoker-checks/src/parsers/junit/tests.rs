use serde_json::{Value as Json, json};

use crate::test_request::parser;

use super::*;

fn read(text: &str) -> Result<Findings, String> {
    run(&parser(text, Some(1), json!({})))
}

fn components(text: &str) -> Json {
    Json::Object(read(text).expect("a report").component_results.expect("components").as_json().clone())
}

#[test]
fn every_outcome_of_a_test_is_read() {
    let text = r#"<?xml version="1.0"?><testsuites><testsuite name="s" tests="5">
        <properties><property name="a" value="b"/></properties>
        <testcase classname="pkg.Class" name="works" time="0.1"/>
        <testcase classname="pkg.Class" name="fails"><failure message="1 &lt; 2" type="E">line &amp; one&#10;<![CDATA[<two>]]></failure>
          <system-out>noise</system-out></testcase>
        <testcase name="breaks"><error type="java.lang.Error"/></testcase>
        <testcase name="silent"><failure/></testcase>
        <testcase name="waits"><skipped message="no net"/></testcase>
        <testcase name="waits"><skipped/></testcase>
        </testsuite></testsuites>"#;
    let part = |status: &str, info: Json, error: Json| json!({"status": status, "messages": {"info": info, "error": error, "warn": []}});
    let expected = json!({
        "pkg.Class.works": part("OK", json!([]), json!([])),
        "pkg.Class.fails": part("ERROR", json!([]), json!(["1 < 2", "line & one", "<two>"])),
        "breaks": part("ERROR", json!([]), json!(["java.lang.Error"])),
        "silent": part("ERROR", json!([]), json!(["failed"])),
        "waits": part("OK", json!(["skipped: no net"]), json!([])),
        "waits (2)": part("OK", json!(["skipped"]), json!([])),
    });
    assert_eq!(components(text), expected);
    let findings = read(text).expect("a report");
    let messages = findings.messages.expect("messages");
    assert_eq!(findings.status, Status::Error);
    assert_eq!(messages.level(Level::Info).collect::<Vec<_>>(), ["6 tests, 3 failed, 2 skipped"]);
}

fn errors(text: &str) -> Vec<String> {
    let messages = read(text).expect("a report").messages.expect("messages");
    messages.level(Level::Error).map(str::to_owned).collect()
}

#[test]
fn failures_that_only_the_counts_of_a_suite_tell_are_errors() {
    let text = "<testsuites failures='2'><testsuite name='s' tests='1' failures='1' errors='1'><testcase name='a'/>\
                <system-out>teardown broke</system-out></testsuite></testsuites>";
    assert_eq!(errors(text), ["s counts 2 failures and errors, its tests show 0", "teardown broke"]);
    assert_eq!(read(text).expect("a report").status, Status::Error);
    let agreeing = "<testsuites failures='1'><testsuite failures='1'><testcase name='a'><failure message='m'/>\
                    </testcase></testsuite></testsuites>";
    assert!(errors(agreeing).is_empty());
    let own = "<testsuite name='s' errors='1'><error message='no set-up'/></testsuite>";
    assert_eq!(errors(own), ["s: no set-up"]);
}

#[test]
fn the_output_of_a_test_is_its_reason_when_its_elements_have_none() {
    let text = "<testsuite><testcase name='net' status='fail'><failure message=''/><system-out>refused</system-out>\
                </testcase><testcase name='told'><failure>why</failure><system-out>noise</system-out></testcase>\
                <testcase name='marked' status='fail'/><testcase name='old'><warning>soon gone</warning></testcase>\
                <testcase name='good'><system-out>noise</system-out></testcase></testsuite>";
    let components = components(text);
    let shown = ["net", "told", "marked", "old", "good"].map(|name| {
        let messages = &components[name]["messages"];
        format!("{} {} {}", components[name]["status"], messages["error"], messages["warn"])
    });
    let expected = [
        r#""ERROR" ["refused"] []"#,
        r#""ERROR" ["why"] []"#,
        r#""ERROR" ["failed"] []"#,
        r#""WARN" [] ["soon gone"]"#,
        r#""OK" [] []"#,
    ];
    assert_eq!(shown, expected);
}

#[test]
fn reports_are_found_between_other_text() {
    let report = "<?xml version=\"1.0\"?><testsuite><testcase name='a'/></testsuite>";
    let banner = "a < b && c <t.Thing at 0x7f> <!-- ";
    for text in [
        format!("\u{feff}{report}"),
        format!("{banner}{report}{banner}"),
        format!("<!-- <testsuite> -->{report}\n<testsuite/>"),
    ] {
        assert_eq!(components(&text).as_object().map(serde_json::Map::len), Some(1), "{text}");
    }
    let two = format!("{report}\nnext:\n{report}");
    assert_eq!(components(&two).as_object().map(serde_json::Map::len), Some(2));
    let cut = read(&format!("{report}<?xml version=\"1.0\"?><testsu")).expect_err("a second report");
    assert_eq!(cut, "the report is cut off after its XML declaration");
}

#[test]
fn a_verdict_that_is_not_understood_is_an_error() {
    let text = "<testsuite name='s' failures='some' errors='0.0'><testcase name='a' status='odd'/><testcase name='b' result='PASSED'/>\
                <testcase name='c' status='Aborted'/><testcase name='d'><Failed message='why'/></testcase></testsuite>";
    let components = components(text);
    let shown = ["a", "b", "c", "d"].map(|name| components[name]["messages"]["error"].to_string());
    assert_eq!(shown, [r#"["status=\"odd\" is not understood"]"#, "[]", r#"["failed"]"#, r#"["why"]"#]);
    assert_eq!(errors(text), ["s: failures=\"some\" is no number"]);
}

#[test]
fn a_test_of_ctest_that_could_not_run_is_an_error() {
    let text = "<testsuite><testcase name='gone' classname='gone' status='notrun'><skipped message='Unable to find executable'/>\
                <system-out>Unable to find executable: /srv/gone</system-out></testcase>\
                <testcase name='left out' status='notrun'><skipped message='SKIP_RETURN_CODE=77'/></testcase>\
                <testcase name='off' status='disabled'/><testcase name='g' status='notrun' result='suppressed'/></testsuite>";
    let components = components(text);
    let gone = json!(["could not run: Unable to find executable", "Unable to find executable: /srv/gone"]);
    assert_eq!(components["gone.gone"]["messages"]["error"], gone);
    assert!(["left out", "off", "g"].iter().all(|name| components[name]["status"] == "OK"));
}

#[test]
fn a_test_that_passed_when_it_ran_again_is_good() {
    let text = "<testsuite><testcase name='a'><flakyFailure message='late' type='T'><stackTrace>at 1</stackTrace>\
                <system-out>noise</system-out></flakyFailure></testcase>\
                <testcase name='' classname='c'><failure message='first'/><rerunFailure message='second'/></testcase></testsuite>";
    let components = components(text);
    let info = json!(["failed in another run: late", "at 1"]);
    assert_eq!((&components["a"]["status"], &components["a"]["messages"]["info"]), (&json!("OK"), &info));
    assert_eq!(
        (&components["c"]["status"], &components["c"]["messages"]["error"]),
        (&json!("ERROR"), &json!(["first"]))
    );
}

#[test]
fn a_test_that_failed_when_it_ran_again_is_bad() {
    for element in ["rerunFailure", "rerunError"] {
        let text = format!(
            "<testsuite tests='1' failures='1'><testcase name='a'><{element}>why</{element}></testcase></testsuite>"
        );
        assert_eq!(read(&text).expect("a report").status, Status::Error, "{element}");
    }
}

#[test]
fn an_instruction_for_a_style_sheet_is_no_declaration() {
    let text =
        "<?xml version='1.0'?>\n<?xml-stylesheet href='a.xsl'?>\n<testsuite tests='1'><testcase name='a'/></testsuite>";
    assert_eq!(read(text).expect("a report").status, Status::Ok);
    assert!(read(&format!("<?xml version='1.0'?>\nlost\n{text}")).is_err(), "the first report is cut off");
}

#[test]
fn a_test_that_is_to_do_may_fail() {
    let text = "<testsuite failures='1'><testcase name='q'><skipped type='todo' message='later'/><failure message='t'/></testcase>\
                <testcase name='r'><failure message='u'/><skipped type='TODO'/></testcase>\
                <testcase name='s'><skipped type='other'/><failure message='v'/></testcase></testsuite>";
    let components = components(text);
    let info = json!(["skipped: later", "failed, but is marked as to do: t"]);
    assert_eq!((&components["q"]["status"], &components["q"]["messages"]["info"]), (&json!("OK"), &info));
    assert_eq!((&components["r"]["status"], &components["s"]["status"]), (&json!("OK"), &json!("ERROR")));
    let good = text.split("<testcase name='s'>").next().expect("a beginning").to_owned() + "</testsuite>";
    assert_eq!(read(&good).expect("a report").status, Status::Ok);
}

#[test]
fn what_is_no_report_is_refused() {
    let cases = [
        ("", "the report holds no testcase"),
        ("<testsuite></testsuite>", "the report holds no testcase"),
        ("<testsuite><testcase name='a'/>", "the report is cut off: an element is not closed"),
        ("<testsuite></testcase>", "the report is no XML: "),
        ("<testcase name='&bad;'/>", "the report is no XML: "),
        ("<testsuite failures='0' failures='1'><testcase name='a'/></testsuite>", "the report is no XML: "),
    ];
    for (text, expected) in cases {
        let reason = read(text).expect_err("no report");
        assert!(reason.starts_with(expected), "{reason}");
    }
}

#[test]
fn what_other_tools_call_a_failure_is_one() {
    let of = |attributes: &str, case: &str| {
        let text = format!("<testsuite name=\"s\" {attributes}><testcase name=\"t\" {case}</testsuite>");
        run(&parser(&text, Some(0), json!({}))).expect("findings").status
    };
    for attributes in
        ["status=\"failed\"", "result='FAIL'", "failed='1'", "crashed='1'", "aborted='true'", "success='false'"]
    {
        assert_eq!(of(attributes, "/>"), Status::Error, "{attributes}");
    }
    for case in [
        "outcome='failed'/>",
        "success='False'/>",
        "passed='no'/>",
        "><incomplete/></testcase>",
        "><assertion-failure/></testcase>",
        "><setupError/></testcase>",
    ] {
        assert_eq!(of("", case), Status::Error, "{case}");
    }
    for attributes in ["status='passed' failed='0'", "aborted='false'", "result='unclear'"] {
        assert_eq!(of(attributes, "success='true' outcome='passed'/>"), Status::Ok, "{attributes}");
    }
}

#[test]
fn other_words_of_a_failure_are_failures() {
    for inner in [
        "<testcase name='a'><crash/></testcase>",
        "<testcase name='a'><exception>x</exception></testcase>",
        "<testcase name='a'><panic message='x'/></testcase>",
        "<testcase name='a'><step name='s' status='failed'/></testcase>",
        "<testcase name='a' success='0'/>",
    ] {
        let text = format!("<testsuite name='s' tests='1'>{inner}</testsuite>");
        assert_eq!(read(&text).expect("a report").status, Status::Error, "{inner}");
    }
    let fine = "<testsuite name='s' tests='1'><testcase name='a'><step status='passed'/><note status='red'/></testcase></testsuite>";
    assert_eq!(read(fine).expect("a report").status, Status::Ok);
}
