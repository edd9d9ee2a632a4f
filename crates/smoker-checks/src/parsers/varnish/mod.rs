//! `smoker.server.plugins.varnishparser`: what `varnishadm` prints of its
//! backends becomes one component a backend.
//!
//! # Layout
//!
//! - `backend`: a backend and its status
//! - `debug_health`: `debug.health` of Varnish 3
//! - `backend_list`: the table of `backend.list`, with and without `-p`, of Varnish 4 and newer
//! - `backend_json`: `backend.list -j` of Varnish 6 and newer

mod backend;
mod backend_json;
mod backend_list;
mod debug_health;

use crate::spec::{IGNORE_EXIT, Spec};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::components::BoundedComponents;

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        is_original: true,
        ..Spec::parser(
            "smoker.server.plugins.varnishparser",
            "reads the backends that `varnishadm` lists",
            "a component for each backend",
            &[IGNORE_EXIT],
        )
    }
}

/// Reads the output, whichever of the commands printed it.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let text = request.stdout.trim().trim_start_matches('\u{feff}').trim_start();
    let backends = if text.starts_with('[') {
        backend_json::parse(text)
    } else if let Some(table) = backend_list::table(text) {
        Ok(backend_list::parse(table))
    } else {
        debug_health::parse(text)
    }?;
    if backends.is_empty() {
        return Err("No backends found or output can't be parsed!".to_owned());
    }
    let mut found = BoundedComponents::default();
    for backend in &backends {
        let (status, messages) = backend.verdict();
        // A name that is there twice must not hide the sick one of both.
        found.add_new(&backend.name, status, &messages);
    }
    found.findings()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_request::parser;

    use super::*;

    /// A component's name, status and messages.
    type Row = (String, String, String);

    /// The overall status and the components.
    fn read(text: &str) -> Result<(String, Vec<Row>), String> {
        let findings = run(&parser(text, Some(0), json!({})))?;
        let components = findings.component_results.expect("components");
        let rows = components.as_json().iter().map(|(name, component)| {
            let texts = component["messages"].as_object().expect("messages").values();
            let texts: Vec<_> = texts.flat_map(|level| level.as_array().expect("a list")).collect();
            let shown = texts.iter().map(|text| text.as_str().expect("text")).collect::<Vec<_>>().join("; ");
            (name.clone(), component["status"].as_str().expect("text").to_owned(), shown)
        });
        Ok((findings.status.to_string(), rows.collect()))
    }

    fn row(name: &str, status: &str, message: &str) -> Row {
        (name.to_owned(), status.to_owned(), message.to_owned())
    }

    const TABLE: &str = include_str!("../../../tests/fixtures/varnish/7.1-backend.list.txt");
    const WITH_PROBES: &str = include_str!("../../../tests/fixtures/varnish/7.1-backend.list-p.txt");
    const AS_JSON: &str = include_str!("../../../tests/fixtures/varnish/7.1-backend.list-j.txt");
    const JSON_WITH_PROBES: &str = include_str!("../../../tests/fixtures/varnish/7.1-backend.list-j-p.txt");

    #[test]
    fn the_recorded_lists_of_varnish_7_are_read() {
        let plain = [row("boot.good", "OK", "State: healthy (4/4)"), row("boot.bad", "ERROR", "State: sick (0/4)")];
        let by_admin = row("boot.plain", "ERROR", "State: sick (set by the administrator)");
        let probed = row("boot.good", "OK", "Response time: 0.001394");
        for (text, first) in
            [(TABLE, &plain[0]), (WITH_PROBES, &probed), (AS_JSON, &plain[0]), (JSON_WITH_PROBES, &plain[0])]
        {
            let (status, rows) = read(text).expect("backends");
            assert_eq!(status, "ERROR");
            assert_eq!(rows, [first.clone(), plain[1].clone(), by_admin.clone()], "{text}");
        }
    }

    #[test]
    fn the_table_of_varnish_6_0_is_read() {
        let text = "Backend name                   Admin      Probe                Last updated\n\
                    boot.default                   probe      Healthy             8/8 Wed, 01 Jan 2020 00:00:00 GMT\n\
                    boot.other                     probe      Sick                0/8 Wed, 01 Jan 2020 00:00:00 GMT\n\
                    boot.plain                     probe      Healthy (no probe)  Wed, 01 Jan 2020 00:00:00 GMT";
        let (_, rows) = read(text).expect("backends");
        let expected = [
            row("boot.default", "OK", "State: healthy (8/8)"),
            row("boot.other", "ERROR", "State: sick (0/8)"),
            row("boot.plain", "OK", "State: healthy"),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn the_table_of_varnish_4_0_has_a_column_more() {
        let text = "Backend name                   Refs   Admin      Probe\n\
                    default(192.0.2.5,,81)         4      probe      Healthy 5/5\n\
                    other(192.0.2.6,,81)           2      probe      Sick 1/5";
        let expected = [
            row("default(192.0.2.5,,81)", "OK", "State: healthy (5/5)"),
            row("other(192.0.2.6,,81)", "ERROR", "State: sick (1/5)"),
        ];
        assert_eq!(read(text).expect("backends").1, expected);
    }

    #[test]
    fn the_words_of_varnish_6_1_are_read_and_an_odd_row_is_an_error() {
        let text = "\u{feff}Backend name   Admin  Probe     Last updated\n\
                    boot.a         probe  5/5 good  Wed, 01 Jan 2020 00:00:00 GMT\n\
                    boot.b         probe  1/5 bad   Wed, 01 Jan 2020 00:00:00 GMT\n\
                    boot.c         probe  resting\n\
                    boot.d\n";
        let expected = [
            row("boot.a", "OK", "State: healthy (5/5)"),
            row("boot.b", "ERROR", "State: sick (1/5)"),
            row("boot.c", "ERROR", "State: unknown (the row cannot be read: boot.c         probe  resting)"),
            row("boot.d", "ERROR", "State: unknown (the row cannot be read: boot.d)"),
        ];
        assert_eq!(read(text).expect("backends").1, expected);
    }

    #[test]
    fn a_table_behind_other_lines_is_read_and_no_row_hides_another() {
        let text = "200 151\nWARNING: old\n\nBackend name   Admin  Probe  Health   Last change\n\
                    boot.a   probe  0/5    sick     x\nboot.a   probe  5/5    healthy  x";
        let expected = [row("boot.a", "ERROR", "State: sick (0/5)"), row("boot.a (2)", "OK", "State: healthy (5/5)")];
        assert_eq!(read(text), Ok(("ERROR".to_owned(), expected.to_vec())));
    }

    #[test]
    fn the_state_may_be_one_text_with_its_counts() {
        let of = |message: &str| {
            format!("[2, [], 1.0, {{\"a\": {{\"admin_health\": \"probe\", \"probe_message\": {message}}}}}]")
        };
        for (message, status, shown) in [
            (r#""Healthy 5/5""#, "OK", "State: healthy (5/5)"),
            (r#""Sick 0/5""#, "ERROR", "State: sick (0/5)"),
            (r#"["Healthy", "5/5"]"#, "OK", "State: healthy"),
            (r#""resting""#, "ERROR", "State: resting"),
        ] {
            assert_eq!(read(&of(message)).expect("backends").1, [row("a", status, shown)], "{message}");
        }
    }

    #[test]
    fn a_slow_backend_warns_whichever_version_tells_of_it() {
        let slow = WITH_PROBES.replace("0.001394", "0.500100");
        assert_eq!(read(&slow).expect("backends").1[0], row("boot.good", "WARN", "Response time: 0.5001"));
        let old = "Backend a is Healthy\nCurrent states\nAverage responsetime of good probes: 0.5\n\
                   Backend b is Healthy\nCurrent states\nAverage responsetime of good probes: 2";
        let expected = [row("a", "OK", "Response time: 0.5"), row("b", "WARN", "Response time: 2.0")];
        assert_eq!(read(old), Ok(("WARN".to_owned(), expected.to_vec())));
    }

    #[test]
    fn what_the_original_could_not_read_stays_unreadable() {
        let none = Err("No backends found or output can't be parsed!".to_owned());
        let time = "Average responsetime of good probes: 0.1";
        for state in ["Healthy ", "healthy"] {
            let text = format!("Backend a is {state}\nCurrent states\n{time} \n");
            let expected = Ok(("ERROR".to_owned(), vec![row("a", "ERROR", &format!("State: {state}"))]));
            assert_eq!(read(&text), expected);
        }
        for between in ["", "x\ny\n"] {
            assert_eq!(read(&format!("Backend a is Healthy\n{between}{time}")), none);
            let (_, rows) =
                read(&format!("Backend b is Healthy\nx\n{time}\nBackend a is Healthy\n{between}{time}")).expect("one");
            assert_eq!(rows[1], row("a", "ERROR", &format!("State: unknown (the row cannot be read: {time})")));
        }
        let newer = "Backend boot.default is Healthy\nCurrent states\nAverage response time of good probes: 0.000671";
        for text in ["", newer, "[]", "[3, [], 1.0, {}]", "[nonsense", "Backend name Admin Probe Health"] {
            assert_eq!(read(text), none, "{text}");
        }
        let number = "Backend www01 is Healthy\nCurrent states\nAverage responsetime of good probes: fast";
        assert_eq!(read(number), Err("could not convert string to float: 'fast'".to_owned()));
    }

    #[test]
    fn a_backend_that_is_cut_off_is_not_lost() {
        let whole = "Backend boot.a is Healthy\nCurrent states  good:  8\nAverage responsetime of good probes: 0.1\n";
        let unknown = |name: &str, row: &str| {
            self::row(name, "ERROR", &format!("State: unknown (the row cannot be read: {row})"))
        };
        for (cut, name) in
            [("Backend boot.b", "boot.b"), ("Backend boot.b is", "boot.b"), ("Backend", "Backend"), ("Ba", "Ba")]
        {
            let (status, rows) = read(&format!("{whole}{cut}")).expect("backends");
            assert_eq!((&*status, &rows[1..]), ("ERROR", &[unknown(name, cut)][..]), "{cut}");
        }
        for time in ["abc", ""] {
            let (status, rows) = read(&WITH_PROBES.replace("0.001394", time)).expect("backends");
            let shown = format!("Average response time of good probes: {time}");
            assert_eq!((&*status, &rows[0]), ("ERROR", &unknown("boot.good", shown.trim())));
        }
    }

    #[test]
    fn a_sick_backend_without_times_is_not_lost_beside_others() {
        let text = "Backend a is Healthy\nx\nAverage responsetime of good probes: 0.1\nBackend b is Sick";
        let rows = read(text).expect("backends").1;
        assert_eq!(rows, [row("a", "OK", "Response time: 0.1"), row("b", "ERROR", "State: Sick")]);
    }
}
