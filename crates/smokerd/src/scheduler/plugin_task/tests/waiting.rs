//! Runs that wait: for the turn of their group, for another run, or for another plugin.

use super::*;

#[tokio::test]
async fn a_run_that_waits_takes_a_new_definition_that_still_has_it() {
    let disk: Arc<str> = "disk".into();
    for (definition_then, runs) in
        [("Command: echo new, After: db, SerialGroup: disk", true), ("Command: echo new, SerialGroup: disk", false)]
    {
        let (hand, clock) = ManualClock::new();
        let groups = SerialGroups::default();
        let turn = groups.enter(&disk).await;
        let parameters = "Command: echo old, After: db, SerialGroup: disk";
        let (_state, mut events, commands, _shutdown) = spawn_in(groups, clock, parameters);
        commands.send(Command::Follow("db".into())).expect("a task that lives");
        let new = definition(definition_then, hand.now());
        commands.send(Command::Reconfigure(Box::new(new))).expect("a task that lives");
        commands.send(Command::Reported(requester().into())).expect("a task that lives");
        let (reply, mut answered) = mpsc::channel(1);
        commands.send(Command::Ping(reply)).expect("a task that lives");
        assert!(answered.recv().await.is_none());
        drop(turn);
        let run = record(&mut events).await;
        let RunState::Finished(finished) = &run.state else { panic!("{run:?}") };
        assert!(finished.text.listed.contains("new"), "{}", finished.text.listed);
        assert_eq!(run.trigger.as_str(), if runs { "after" } else { "report" }, "a run that nobody wants is withdrawn");
    }
}

#[tokio::test]
async fn a_run_that_waits_goes_into_the_group_of_its_new_definition() {
    let (disk, net): (Arc<str>, Arc<str>) = ("disk".into(), "net".into());
    let (hand, clock) = ManualClock::new();
    let groups = SerialGroups::default();
    let (turn, other) = (groups.enter(&disk).await, groups.enter(&net).await);
    let (_state, mut events, commands, _shutdown) =
        spawn_in(groups.clone(), clock, "Command: echo up, After: db, SerialGroup: disk");
    commands.send(Command::Follow("db".into())).expect("a task that lives");
    // Until it waits in its first group: all are tasks of one thread, which have their turns one after the other.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let new = definition("Command: echo up, After: db, SerialGroup: net", hand.now());
    commands.send(Command::Reconfigure(Box::new(new))).expect("a task that lives");
    let (reply, mut answered) = mpsc::channel(1);
    commands.send(Command::Ping(reply)).expect("a task that lives");
    assert!(answered.recv().await.is_none());
    drop(turn);
    // It waits in the other group, and leaves the first one to others.
    drop(groups.enter(&disk).await);
    let is_early = tokio::time::timeout(Duration::from_millis(200), record(&mut events)).await.is_ok();
    assert!(!is_early, "a run of the other group goes on");
    drop(other);
    assert!(matches!(record(&mut events).await.state, RunState::Finished(_)));
}

#[tokio::test]
async fn a_run_that_follows_another_is_skipped_as_one_that_follows() {
    let (hand, clock) = ManualClock::new();
    let (state, mut events, commands, shutdown) =
        spawn_at(clock, "Command: sleep 600, After: db, Interval: 9h, Splay: 0");
    let planned = || state.last_planned(&"a".into());
    commands.send(Command::Follow("db".into())).expect("a task that lives");
    commands.send(Command::Follow("db".into())).expect("a task that lives");
    let skipped = record(&mut events).await;
    assert_eq!(skipped.state, RunState::Skipped { reason: SkipReason::Overlap, count: 1 });
    assert_eq!((&skipped.trigger, skipped.planned), (&RunTrigger::After("db".into()), hand.now()));
    assert_eq!(planned(), None, "it is no run of the schedule");
    shutdown.cancel();
    record(&mut events).await;
}

#[tokio::test]
async fn a_run_that_is_owed_takes_place_when_the_one_in_its_way_has_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let (hand, clock) = ManualClock::new();
    // A run ends when there is a file.
    let wait = format!("Command: 'until test -e {}/go; do sleep 0.01; done'", folder.path().display());
    let parameters = format!("{wait}, Serial: true, Interval: 9h, Splay: 0, DependsOn: db");
    let (state, mut events, commands, _shutdown) = spawn_at(clock, &parameters);
    let of_db = |status: Status| {
        let mut record = samples::finished(&"db".into(), "{}");
        let RunState::Finished(run) = &mut record.state else { panic!("{record:?}") };
        run.result.status = status;
        state.record(record, &[]);
    };
    of_db(Status::Error);
    record(&mut events).await;
    hand.advance(9 * HOUR);
    let skipped = record(&mut events).await;
    assert_eq!(skipped.state, RunState::Skipped { reason: SkipReason::Dependency, count: 1 });
    commands.send(Command::Run(1, requester().into(), None)).expect("a task that lives");
    of_db(Status::Ok);
    record(&mut events).await;
    commands.send(Command::ParentChanged).expect("a task that lives");
    let (reply, mut answered) = mpsc::channel(1);
    commands.send(Command::Ping(reply)).expect("a task that lives");
    assert!(answered.recv().await.is_none());
    std::fs::write(folder.path().join("go"), "").expect("writable");
    let triggers = [record(&mut events).await.trigger.as_str(), record(&mut events).await.trigger.as_str()];
    assert_eq!(triggers, ["force", "timer"]);
}
