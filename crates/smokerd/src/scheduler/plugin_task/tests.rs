use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use smoker_runner::runner::Runner;
use tokio_util::sync::CancellationToken;

use smoker_runner::prepared::PreparedPlugin;

use super::*;
use smoker_model::status::Status;

use crate::results::events::{Event, Received, Subscription};
use crate::results::samples;
use crate::results::table::NewPlugin;
use crate::scheduler::clock::Clock;
use crate::scheduler::clock::manual::ManualClock;
use crate::scheduler::dependencies::ancestors::Ancestors;
use crate::scheduler::serial_groups::SerialGroups;
use crate::scheduler::slots::Slots;

mod waiting;

const HOUR: Duration = Duration::from_secs(3600);

/// A task whose plugin runs this command every hour.
fn spawn(command: &str) -> (ManualClock, Subscription, mpsc::UnboundedSender<Command>, CancellationToken) {
    let (hand, clock) = ManualClock::new();
    let parameters = format!("Command: '{command}', Interval: 1h, Splay: 0");
    let (_, events, commands, shutdown) = spawn_at(clock, &parameters);
    (hand, events, commands, shutdown)
}

/// A task whose plugin has these parameters, beside a plugin `db`.
fn spawn_at(
    clock: Clock,
    parameters: &str,
) -> (SharedState, Subscription, mpsc::UnboundedSender<Command>, CancellationToken) {
    spawn_in(SerialGroups::default(), clock, parameters)
}

/// The same beside runs that hold the turns of groups.
fn spawn_in(
    groups: SerialGroups,
    clock: Clock,
    parameters: &str,
) -> (SharedState, Subscription, mpsc::UnboundedSender<Command>, CancellationToken) {
    let definition = definition(parameters, clock.now());
    let python = PythonSettings::new(None, &[], Path::new("/"), Path::new("/"));
    let runner = Runner::new(Reaper::start(ContainmentLevel::prepare(None)).expect("a reaper"), python);
    let shutdown = CancellationToken::new();
    let state = SharedState::new();
    let entry = |name: &str, retries| NewPlugin {
        name: name.into(),
        config: Arc::default(),
        history: 10,
        history_failures: 10,
        retries,
        flap_threshold: None,
        next_run: None,
    };
    state.replace_plugins(vec![entry("a", definition.plugin.spec().rules.retries), entry("db", None)], 1 << 20);
    let slots = Slots::new(None);
    let daemon_started = clock.now().wall;
    let of_task = (state.clone(), shutdown.clone());
    let ancestors = Ancestors::default();
    let (state_of_task, shutdown_of_task) = of_task;
    let context = TaskContext {
        runner,
        slots,
        groups,
        ancestors,
        clock,
        daemon_started,
        state: state_of_task,
        shutdown: shutdown_of_task,
    };
    let events = state.subscribe();
    let (commands, inbox) = mpsc::unbounded_channel();
    tokio::spawn(PluginTask::new(definition, inbox, state.clone(), context).run());
    (state, events, commands, shutdown)
}

fn definition(parameters: &str, now: Moment) -> Definition {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let text = format!("templates: {{BasePlugin: {{}}}}\nplugins: {{a: {{{parameters}}}, db: {{Command: x}}}}\n");
    std::fs::write(file.path(), text).expect("writable");
    let spec = smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0);
    Definition::of(PreparedPlugin::new(Arc::new(spec)), now, None)
}

/// What the page of the plugin `a` shows beside its result.
fn shown(state: &SharedState) -> Vec<(&'static str, String)> {
    let (plugin, _) = state.plugin(&"a".into()).expect("it is configured");
    plugin.standing.members().map(|(name, text)| (name, text.to_string())).collect()
}

/// A client.
fn requester() -> Requester {
    Requester {
        address: std::net::IpAddr::from([127, 0, 0, 1]).into(),
        name: "127.0.0.1:4242".into(),
        identity: None,
        limits: None,
        is_local_administrator: false,
    }
}

async fn record(events: &mut Subscription) -> Arc<RunRecord> {
    loop {
        match events.next().await {
            Received::Event(Event::Record { record, .. }) => return record,
            Received::Event(_) => {}
            Received::Lagged(lost) => panic!("lost {lost} events"),
        }
    }
}

#[tokio::test]
async fn a_scheduled_run_is_recorded_with_its_planned_time() {
    let (clock, mut events, _commands, _shutdown) = spawn("echo well");
    let start = clock.now();
    clock.advance(HOUR + Duration::from_secs(2));
    let record = record(&mut events).await;
    assert_eq!((record.sequence, &record.trigger), (1, &RunTrigger::Schedule));
    assert_eq!(record.planned.since(start.monotonic), HOUR);
    let RunState::Finished(run) = &record.state else { panic!("{record:?}") };
    assert_eq!((run.started.since(start.monotonic), run.duration()), (HOUR + Duration::from_secs(2), Duration::ZERO));
    assert!(run.text.listed.contains("\"well\""), "{}", run.text.listed);
}

#[tokio::test]
async fn scheduled_runs_that_meet_another_or_whose_time_went_by_are_skipped_and_recorded() {
    let (clock, mut events, _commands, shutdown) = spawn("sleep 600");
    clock.advance(3 * HOUR);
    let missed = record(&mut events).await;
    assert_eq!(missed.state, RunState::Skipped { reason: SkipReason::Missed, count: 2 });
    clock.advance(HOUR);
    let overlap = record(&mut events).await;
    assert_eq!(overlap.state, RunState::Skipped { reason: SkipReason::Overlap, count: 1 });
    shutdown.cancel();
    assert!(matches!(record(&mut events).await.state, RunState::Finished(_)));
}

#[tokio::test]
async fn a_request_is_recorded_with_its_arrival() {
    let (clock, mut events, commands, _shutdown) = spawn("echo forced");
    clock.advance(Duration::from_secs(5));
    let requested = clock.now();
    let requester = Requester {
        address: std::net::IpAddr::from([127, 0, 0, 1]).into(),
        name: "127.0.0.1:4242".into(),
        identity: Some("ann".into()),
        limits: None,
        is_local_administrator: false,
    };
    commands.send(Command::Run(1, requester.into(), None)).expect("a task that lives");
    let record = record(&mut events).await;
    assert_eq!(
        (&record.trigger, record.planned),
        (&RunTrigger::Request { requester: Some("127.0.0.1:4242".into()), identity: Some("ann".into()) }, requested)
    );
    let RunState::Finished(run) = &record.state else { panic!("skipped") };
    assert!(run.text.listed.contains(r#""triggeredBy": "ann""#), "{}", run.text.listed);
}

#[tokio::test]
async fn a_soft_result_is_tried_again_until_it_is_hard() {
    let (hand, clock) = ManualClock::new();
    let parameters = "Command: exit 1, Interval: 1h, Splay: 0, Retries: 3, RetryInterval: 10s";
    let (state, mut events, _commands, _shutdown) = spawn_at(clock, parameters);
    let seconds = Duration::from_secs;
    let mut attempts = Vec::new();
    for wait in [HOUR, seconds(10), seconds(10), seconds(3580)] {
        hand.advance(wait);
        let record = record(&mut events).await;
        let RunState::Finished(run) = &record.state else { panic!("{record:?}") };
        attempts.push((record.trigger.as_str(), run.attempt, run.is_soft));
        let state_of = if run.is_soft { "\"soft\"" } else { "\"hard\"" };
        assert_eq!(shown(&state), [("state", state_of.to_owned()), ("attempt", run.attempt.to_string())]);
    }
    assert_eq!(attempts, [("timer", 1, true), ("retry", 2, true), ("retry", 3, false), ("timer", 4, false)]);
}

#[tokio::test]
async fn hours_hold_for_all_runs_that_no_client_requests() {
    let (hand, clock) = ManualClock::at("2026-03-09T17:00:00Z".parse().expect("a time"));
    let parameters = "Command: exit 1, Interval: 30m, Splay: 0, Retries: 3, RetryInterval: 20m, DependsOn: db, \
                      Only: 'Mon 08:00-18:00', Timezone: UTC";
    let (state, mut events, commands, _shutdown) = spawn_at(clock, parameters);
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    hand.advance(minutes(31));
    assert_eq!(record(&mut events).await.trigger, RunTrigger::Schedule);
    // The next attempt would be at 17:51, and the one behind it in the evening.
    hand.advance(minutes(21));
    assert_eq!(record(&mut events).await.trigger, RunTrigger::Retry);
    let next_run = state.plugin(&"a".into()).expect("it is configured").0.next_run;
    assert!(next_run.contains("2026-03-16"), "no page shows an attempt that does not come: {next_run}");
    hand.advance(minutes(21));
    commands.send(Command::Follow("db".into())).expect("a task that lives");
    let given_up = RunState::Skipped { reason: SkipReason::OutsideOfHours, count: 1 };
    let is_given_up = |record: &RunRecord| (record.state == given_up, record.trigger.clone());
    assert_eq!(is_given_up(&*record(&mut events).await), (true, RunTrigger::After("db".into())));
    // A run that is skipped in its hours is not made up for in others.
    hand.set("2026-03-16T09:00:00Z".parse().expect("a time"));
    hand.advance(minutes(1));
    state.record(samples::finished(&"db".into(), ""), &[]);
    let _ = record(&mut events).await;
    commands.send(Command::Follow("db".into())).expect("a task that lives");
    let skipped = record(&mut events).await;
    assert_eq!(skipped.state, RunState::Skipped { reason: SkipReason::Dependency, count: 1 }, "{skipped:?}");
    hand.set("2026-03-16T20:00:00Z".parse().expect("a time"));
    let mut good = samples::finished(&"db".into(), "");
    let RunState::Finished(run) = &mut good.state else { panic!("{good:?}") };
    run.result.status = Status::Ok;
    state.record(good, &[]);
    let _ = record(&mut events).await;
    commands.send(Command::ParentChanged).expect("a task that lives");
    while shown(&state).iter().any(|(name, _)| *name == "skipped") {
        tokio::task::yield_now().await;
    }
    assert_eq!(is_given_up(&*record(&mut events).await), (true, RunTrigger::After("db".into())));
    let skipped = || state.plugin_now(&"a".into()).expect("it is configured").runs_skipped;
    let before = skipped();
    commands.send(Command::Follow("db".into())).expect("a task that lives");
    let (reply, mut answered) = mpsc::channel(1);
    commands.send(Command::Ping(reply)).expect("a task that lives");
    assert!(answered.recv().await.is_none());
    assert_eq!(skipped(), before);
}

#[tokio::test]
async fn a_forced_run_is_no_attempt() {
    let (hand, clock) = ManualClock::new();
    let parameters = "Command: exit 1, Interval: 1h, Splay: 0, Retries: 2";
    let (state, mut events, commands, _shutdown) = spawn_at(clock, parameters);
    hand.advance(HOUR);
    record(&mut events).await;
    commands.send(Command::Run(1, requester().into(), None)).expect("a task that lives");
    let forced = record(&mut events).await;
    let RunState::Finished(run) = &forced.state else { panic!("{forced:?}") };
    assert_eq!((run.attempt, run.is_soft, run.result.status), (1, false, Status::Error));
    assert_eq!(shown(&state), [("state", "\"soft\"".to_owned()), ("attempt", "1".to_owned())]);
    hand.advance(HOUR);
    record(&mut events).await;
    assert_eq!(shown(&state), [("state", "\"hard\"".to_owned()), ("attempt", "2".to_owned())]);
}

#[tokio::test]
async fn runs_are_skipped_while_a_parent_is_bad_and_made_up_for_when_it_is_well() {
    let (hand, clock) = ManualClock::at("2026-11-30T10:02:00Z".parse().expect("a time"));
    let parameters = "Command: echo up, Interval: 1h, Splay: 0, DependsOn: db";
    let (state, mut events, commands, _shutdown) = spawn_at(clock, parameters);
    let of_db = |status: Status| {
        let mut record = samples::finished(&"db".into(), "{}");
        let RunState::Finished(run) = &mut record.state else { panic!("{record:?}") };
        (run.result.status, run.started) = (status, hand.now());
        state.record(record, &[]);
    };
    of_db(Status::Error);
    record(&mut events).await;
    for _ in 0..2 {
        hand.advance(HOUR);
        let skipped = record(&mut events).await;
        assert_eq!(skipped.state, RunState::Skipped { reason: SkipReason::Dependency, count: 1 });
    }
    let members = shown(&state);
    let [("skipped", text)] = members.as_slice() else { panic!("{members:?}") };
    assert!(text.contains("\"parent\": \"db\"") && text.contains("\"since\": \"2026-11-30T11:02:00Z\""), "{text}");
    assert!(text.contains("\"reason\": \"db is ERROR since "), "{text}");

    // It is still bad.
    commands.send(Command::ParentChanged).expect("a task that lives");
    of_db(Status::Ok);
    record(&mut events).await;
    commands.send(Command::ParentChanged).expect("a task that lives");
    let run = record(&mut events).await;
    assert!(matches!(run.state, RunState::Finished(_)) && run.trigger == RunTrigger::Schedule, "{run:?}");
    assert_eq!(shown(&state), []);
}

#[tokio::test]
async fn a_plugin_runs_after_another_one() {
    let (_hand, clock) = ManualClock::new();
    let (_state, mut events, commands, _shutdown) = spawn_at(clock, "Command: echo up, After: db");
    commands.send(Command::Follow("db".into())).expect("a task that lives");
    let run = record(&mut events).await;
    assert_eq!((run.trigger.as_str(), run.trigger.by().map(|by| &**by)), ("after", Some("db")));
}

#[tokio::test]
async fn a_calendar_goes_by_the_wall_clock_whatever_the_other_one_says() {
    let at = |text: &str| text.parse().expect("a time");
    let (hand, clock) = ManualClock::at(at("2026-03-28T20:00:00Z"));
    let parameters = "Command: echo up, Cron: 30 2 * * *, Timezone: Europe/Prague";
    let (state, mut events, _commands, _shutdown) = spawn_at(clock, parameters);
    let planned =
        |record: &RunRecord| (record.planned.wall.to_rfc3339(), matches!(record.state, RunState::Finished(_)));
    // The clocks are put forward that night.
    hand.set(at("2026-03-29T01:00:00.2Z"));
    assert_eq!(planned(&*record(&mut events).await), ("2026-03-29T01:00:00+00:00".to_owned(), true));
    // The machine sleeps for two days.
    hand.set(at("2026-03-31T09:00:00Z"));
    let missed = record(&mut events).await;
    assert_eq!(missed.state, RunState::Skipped { reason: SkipReason::Missed, count: 2 });
    // An hour back, and forward again: not once more.
    hand.set(at("2026-03-31T00:20:00Z"));
    hand.set(at("2026-04-01T00:30:01Z"));
    assert_eq!(planned(&*record(&mut events).await), ("2026-04-01T00:30:00+00:00".to_owned(), true));
    // It was wrong by a year.
    hand.set(at("2025-03-01T00:00:00Z"));
    let next_run = || state.plugin(&"a".into()).expect("it is configured").0.next_run;
    while !next_run().contains("2025-03-01") {
        tokio::task::yield_now().await;
    }
    hand.set(at("2025-03-01T01:30:00Z"));
    assert_eq!(planned(&*record(&mut events).await), ("2025-03-01T01:30:00+00:00".to_owned(), true));
}
