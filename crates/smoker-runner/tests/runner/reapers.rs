//! Several daemons in one process, as tests have them: none collects or ends the children of another.

use smoker_model::plugin::Execution;
use smoker_model::status::Status;
use smoker_model::value::Value;
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use std::sync::Arc;

use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::runner::Runner;
use tokio_util::sync::CancellationToken;

use crate::fixture::{self, Check, check_and_act, world};

#[test]
fn a_second_reaper_takes_no_child_of_the_first() {
    let (runtime, reaper) = world();
    let _inside = runtime.enter();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let reason = "a test".to_owned();
    let second = Reaper::start(ContainmentLevel::Marks { reason }).expect("a reaper");
    let runners = [reaper.clone(), second]
        .map(|reaper| Arc::new(Runner::new(reaper, PythonSettings::new(None, &[], folder.path(), folder.path()))));
    let mut plugin = Check::module("quick");
    plugin.spec.invocation =
        fixture::invocation(Execution::Command { command: Value::Text("echo fine".to_owned()), parser: None });
    let plugin = Arc::new(PreparedPlugin::new(Arc::new(plugin.spec)));
    for _ in 0..20 {
        let runs: Vec<_> = runners
            .iter()
            .cycle()
            .take(20)
            .map(|runner| {
                let (runner, plugin) = (runner.clone(), plugin.clone());
                runtime.spawn(async move { check_and_act(&runner, &plugin, &CancellationToken::new()).await })
            })
            .collect();
        for run in runs {
            let result = runtime.block_on(run).expect("no panic");
            assert_eq!(result.status, Status::Ok, "{result:?}");
        }
    }
}
