//! What was told, when an action has another place among those of its plugin.

use chrono::Utc;
use smoker_model::status::Status;

use crate::scheduler::alerts::notification_log::NotificationLog;
use crate::scheduler::alerts::told::{AlertKey, Told};

/// The time of an escalation may change, a step may come or go, and an ordinary action may become one.
#[test]
fn what_was_told_goes_with_an_action_that_has_another_place() {
    let spec = |actions: &str| {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = format!(
            "actions: {{Page: {{Command: x}}, Call: {{Command: y}}}}\ntemplates: {{BasePlugin: {{ActionOn: change}}}}\n\
             plugins: {{Db: {{Command: z, {actions}}}}}\n"
        );
        std::fs::write(file.path(), text).expect("writable");
        smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0)
    };
    let key = |action: &str| AlertKey { plugin: "Db".into(), action: action.to_owned() };
    let now = Utc::now();
    let told = |status| Told { status, sequence: 1, at: now, bad_since: None };
    let (one, two) =
        ("Escalate: {After: 3s, Action: Page}", "Escalate: [{After: 60s, Action: Page}, {After: 90s, Action: Page}]");
    let cases: [(&[&str], &str, &[&str]); 9] = [
        (&["Page after 3 s"], one, &["Page, escalation 1"]),
        (&["Page after 4 s"], one, &["Page, escalation 1"]),
        (&["Page, escalation 1"], two, &["Page, escalation 1"]),
        (&["Page after 100 s", "Page after 20 s"], two, &["Page, escalation 2", "Page, escalation 1"]),
        (&["Page after 100 s", "Page after 60 s"], two, &["Page, escalation 2", "Page, escalation 1"]),
        (&["Page"], one, &["Page, escalation 1"]),
        (&["Page, escalation 1"], "Action: Page", &["Page"]),
        (&["Page", "Page, escalation 1"], "Action: Page", &["Page", ""]),
        (&["Page, escalation 1"], "Action: Call", &[""]),
    ];
    for (before, actions, after) in cases {
        let mut log = NotificationLog::default();
        for (sequence, name) in (1..).zip(before) {
            log.confirm(key(name), Told { sequence, ..told(Status::Error) });
        }
        let spec = spec(actions);
        let ended = log.carry_over([&spec].into_iter());
        for ((sequence, before), after) in (1..).zip(before).zip(after) {
            let told = log.delivery(&key(after)).confirmed.map(|told| told.sequence);
            assert_eq!(told, (!after.is_empty()).then_some(sequence), "{before} {actions}");
            assert_eq!(ended.contains(&key(before)), after.is_empty(), "{before} {actions}");
        }
        assert_eq!(log.lines().len(), after.iter().filter(|name| !name.is_empty()).count(), "{actions}");
        let keys: Vec<_> = spec.actions.iter().map(|action| AlertKey::of(&spec, action)).collect();
        assert!(after.iter().all(|name| name.is_empty() || keys.contains(&key(name))), "{keys:?}");
    }
}
