//! One plugin's task: it owns the plugin's timer and its runs, so that no
//! plugin ever waits for another.

use std::future::pending;
use std::mem;
use std::sync::Arc;

use smoker_model::plugin::PluginName;
use smoker_model::timestamp::Timestamp;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::runner::RunKind;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::results::process_table::ProcessId;
use crate::results::roster::Edition;
use crate::results::state::SharedState;
use crate::scheduler::run::{Means, Outcome, Run};
use crate::scheduler::schedule::Schedule;

/// What a configuration makes of a plugin.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) plugin: Arc<PreparedPlugin>,
    pub(crate) edition: Edition,
    schedule: Option<Schedule>,
}

/// What a task is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// Run the plugin for this process.
    Run(ProcessId),
    /// Go on under another definition. In a box, since a channel has room for
    /// dozens of orders, and there are thousands of channels.
    Become(Box<Definition>),
    /// Plan nothing more; end when the last run has. Dropping the sender tells
    /// that it has: as long as it is there the plugin may come back.
    Retire(mpsc::UnboundedSender<Order>),
    /// Show that you live, by dropping this.
    Answer(mpsc::Sender<()>),
}

/// A plugin that lives.
pub(crate) struct PluginTask {
    definition: Definition,
    orders: mpsc::UnboundedReceiver<Order>,
    state: SharedState,
    means: Means,
    runs: JoinSet<Outcome>,
    timed: Option<Run>,
    forced: Forced,
    /// Forced runs that began under earlier definitions. Nobody joins them.
    outdated: Vec<(Run, Vec<ProcessId>)>,
    retiring: Option<mpsc::UnboundedSender<Order>>,
    skipped: u64,
}

/// What became of requests to run.
enum Forced {
    /// There are none.
    Idle,
    /// They wait for the runs of a serial plugin to end.
    Waiting(Vec<ProcessId>),
    /// A run is on its way; these processes get its result.
    Running(Run, Vec<ProcessId>),
}

impl PluginTask {
    /// A plugin that nobody has run yet.
    pub(crate) fn new(
        definition: Definition,
        orders: mpsc::UnboundedReceiver<Order>,
        state: SharedState,
        means: Means,
    ) -> Self {
        Self {
            definition,
            orders,
            state,
            means,
            runs: JoinSet::new(),
            timed: None,
            forced: Forced::Idle,
            outdated: Vec::new(),
            retiring: None,
            skipped: 0,
        }
    }

    /// Lives until the plugin is removed or the daemon stops, and all runs have ended.
    pub(crate) async fn live(mut self) {
        let shutdown = self.means.shutdown.clone();
        loop {
            let next = self.definition.schedule.as_ref().map(Schedule::next);
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = due(next) => self.tick(),
                order = self.orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => break,
                },
                Some(run) = self.runs.join_next_with_id() => self.collect(run),
            }
            if self.runs.is_empty() {
                self.retiring = None;
            }
        }
        while let Some(run) = self.runs.join_next_with_id().await {
            self.collect(run);
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Run(process) => self.force(process),
            Order::Become(definition) => self.redefine(*definition),
            Order::Retire(orders) => {
                self.definition.schedule = None;
                self.withdraw_timed();
                self.retiring = Some(orders);
            }
            Order::Answer(answer) => drop(answer),
        }
    }

    /// Runs that have begun finish under the old definition, and who asks from
    /// now on does not join them. A forced run that still waits for its slot
    /// runs the new one; a timed run is planned anew.
    fn redefine(&mut self, definition: Definition) {
        self.withdraw_timed();
        self.forced = match mem::replace(&mut self.forced, Forced::Idle) {
            Forced::Running(run, processes) if !run.redefine(&definition.plugin) => {
                self.outdated.push((run, processes));
                Forced::Idle
            }
            other => other,
        };
        self.definition = definition;
        self.retiring = None;
    }

    fn withdraw_timed(&self) {
        if let Some(timed) = &self.timed {
            timed.withdraw();
        }
    }

    /// It is time for a run, unless one is still on its way.
    fn tick(&mut self) {
        let missed = self.definition.schedule.as_mut().map_or(0, |schedule| schedule.advance(Instant::now()));
        let is_busy = self.timed.is_some() || (self.is_serial() && !self.runs.is_empty());
        if !is_busy {
            self.timed = Some(self.start(RunKind::Scheduled));
        }
        let skipped = missed + u64::from(is_busy);
        if skipped > 0 {
            self.skipped += skipped;
            let (name, all) = (self.name(), self.skipped);
            let why = if is_busy { "the last one still goes on" } else { "their time went by while the machine slept" };
            tracing::warn!("Plugin {name}: {skipped} timed runs skipped, {why} ({all} skipped since the start)");
        }
        self.state.set_next_run(self.name(), self.definition.edition, self.definition.next_run());
    }

    /// A client asks for a run. One that is on its way by request is joined.
    fn force(&mut self, process: ProcessId) {
        let must_wait = self.is_serial() && !self.runs.is_empty();
        match &mut self.forced {
            Forced::Waiting(processes) | Forced::Running(_, processes) => processes.push(process),
            Forced::Idle if must_wait => self.forced = Forced::Waiting(vec![process]),
            Forced::Idle => self.forced = Forced::Running(self.start(RunKind::Forced), vec![process]),
        }
    }

    fn start(&mut self, kind: RunKind) -> Run {
        Run::start(&mut self.runs, Arc::clone(&self.definition.plugin), kind, self.means.clone())
    }

    /// Records what a run gave.
    fn collect(&mut self, end: Result<(Id, Outcome), JoinError>) {
        let (id, end) = match end {
            Ok((id, outcome)) => (id, Ok(outcome)),
            Err(error) => (error.id(), Err(error)),
        };
        if let Some((run, processes)) = self.take_run(id)
            && let Some(result) = run.outcome(&self.definition.plugin, end)
        {
            self.state.record(self.name(), &result, &processes);
        }
        if self.runs.is_empty()
            && let Forced::Waiting(processes) = &mut self.forced
        {
            let processes = mem::take(processes);
            self.forced = Forced::Running(self.start(RunKind::Forced), processes);
        }
    }

    /// Takes a run that is over off the list, with the processes that get its result.
    fn take_run(&mut self, id: Id) -> Option<(Run, Vec<ProcessId>)> {
        if let Some(timed) = self.timed.take_if(|run| run.id() == id) {
            return Some((timed, Vec::new()));
        }
        match mem::replace(&mut self.forced, Forced::Idle) {
            Forced::Running(run, processes) if run.id() == id => Some((run, processes)),
            other => {
                self.forced = other;
                let at = self.outdated.iter().position(|(run, _)| run.id() == id)?;
                Some(self.outdated.swap_remove(at))
            }
        }
    }

    fn name(&self) -> &PluginName {
        &self.definition.plugin.spec().name
    }

    fn is_serial(&self) -> bool {
        self.definition.plugin.spec().serial
    }
}

impl Definition {
    /// A plugin that was loaded just now.
    pub(crate) fn of(plugin: PreparedPlugin) -> Self {
        let schedule = Schedule::of(plugin.spec(), Instant::now());
        Self { plugin: Arc::new(plugin), edition: 0, schedule }
    }

    /// When its next timed run is due.
    pub(crate) fn next_run(&self) -> Option<Timestamp> {
        self.schedule.as_ref().and_then(Schedule::next_in_local_time)
    }
}

async fn due(next: Option<Instant>) {
    match next {
        Some(next) => sleep_until(next).await,
        None => pending().await,
    }
}
