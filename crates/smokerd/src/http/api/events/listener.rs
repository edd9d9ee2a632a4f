//! The task that writes the events of one client.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use smoker_model::plugin::PluginName;
use smoker_model::run_record::{RunRecord, RunState};
use smoker_model::status::Status;
use smoker_model::wire::events::SilenceEvent;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep_until, timeout};

use crate::http::access::authorize::IdentityCheck;
use crate::http::api::events::message;
use crate::http::api::events::wanted::Wanted;
use crate::http::connections::activity::WaitingRequest;
use crate::http::limits;
use crate::results::events::{Event, Received, SharedText, Subscription};
use crate::results::kept::facts::RunFacts;
use crate::results::kept::history::Sequence;
use crate::results::queries::run_query::{PastRuns, StoredRun};
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;

/// Events that come together are sent together, up to this many bytes, and the last of them.
const CHUNK: usize = 16 << 10;

/// How large a piece is that a connection gets at once, in bytes.
const PIECE: usize = 32 << 10;

/// How many runs of the past are read at once, and how many bytes their texts have.
const PAST_RUNS: usize = 1024;
const PAST_BYTES: usize = 1 << 20;

/// How many listeners may have runs of the past in memory at a time.
static PAST_PAGES: Semaphore = Semaphore::const_new(limits::PAST_PAGES);

/// How long a listener keeps runs of the past that its client does not read: it reads them again later.
const SLOW_CLIENT_TIMEOUT: Duration = Duration::from_secs(1);

/// After this time what a client may see is checked again before it gets an event.
const CHECK_VALIDITY: Duration = Duration::from_secs(1);

/// How often it is checked whether a client may still listen to which nothing is sent.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// [`limits::HEARTBEAT`]. A build with debug assertions, which no operator has, takes a shorter time, in milliseconds, from
/// `SMOKER_TESTS_HEARTBEAT`.
static HEARTBEAT: LazyLock<Duration> = LazyLock::new(|| {
    let variable = cfg!(debug_assertions).then(|| std::env::var("SMOKER_TESTS_HEARTBEAT").ok()).flatten();
    let shorter = variable.and_then(|text| text.parse().ok()).map(Duration::from_millis);
    shorter.map_or(limits::HEARTBEAT, |shorter| shorter.min(limits::HEARTBEAT))
});

/// A client that listens.
#[derive(Debug)]
pub(super) struct Listener {
    manager: PluginManager,
    wanted: Wanted,
    identity: IdentityCheck,
    requester: Requester,
    /// When it was checked what the client may see.
    checked_at: Instant,
    /// When something was sent.
    sent_at: Instant,
    /// The newest number that the client has, or that is not for it.
    cursor: Sequence,
    /// The newest number that the client knows to be missing.
    missing: Sequence,
    /// What is sent next.
    text: String,
}

/// The stream ends.
struct Ended;

impl Listener {
    pub(super) fn new(manager: PluginManager, wanted: Wanted, identity: IdentityCheck, requester: Requester) -> Self {
        let now = Instant::now();
        let (cursor, missing, text) = (0, 0, String::new());
        Self { manager, wanted, identity, requester, checked_at: now, sent_at: now, cursor, missing, text }
    }

    /// Writes events until the client leaves, may not listen any more or is too slow, or the daemon stops.
    pub(super) async fn run(mut self, sender: Sender<Bytes>, slot: WaitingRequest) {
        let manager = self.manager.clone();
        tokio::select! {
            biased;
            () = manager.stopping() => {}
            () = slot.input_ended() => {}
            () = sender.closed() => {}
            _ = self.write(&sender) => {}
        }
    }

    async fn write(&mut self, sender: &Sender<Bytes>) -> Result<(), Ended> {
        let mut events = self.begin(sender).await?;
        loop {
            let wake = (self.sent_at + *HEARTBEAT).min(self.checked_at + CHECK_INTERVAL);
            tokio::select! {
                event = events.next() => {
                    let mut next = Some(event);
                    while let Some(event) = next.take() {
                        self.take(event, sender).await?;
                        next = if self.text.len() < CHUNK { events.try_next() } else { None };
                    }
                }
                () = sleep_until(wake) => {
                    self.check_client().await?;
                    if self.sent_at.elapsed() >= *HEARTBEAT {
                        message::push_heartbeat(&mut self.text, self.cursor);
                    }
                }
            }
            self.send(sender).await?;
        }
    }

    /// Writes the events of the past that are asked for, and returns those from then on.
    async fn begin(&mut self, sender: &Sender<Bytes>) -> Result<Subscription, Ended> {
        let Some(since) = self.wanted.since else {
            let events = self.manager.subscribe();
            self.cursor = self.manager.state().newest_sequence();
            message::push_opening(&mut self.text, self.cursor);
            self.send(sender).await?;
            return Ok(events);
        };
        self.cursor = since;
        if since > self.manager.state().newest_sequence() {
            self.cursor = 0;
            message::push_reset(&mut self.text);
        }
        message::push_opening(&mut self.text, self.cursor);
        self.send(sender).await?;
        // Not subscribed meanwhile: it may take long, and what comes meanwhile is among what is read.
        let mut statuses = HashMap::new();
        while self.send_past(sender, &mut statuses).await? {}
        let events = self.manager.subscribe();
        while self.send_past(sender, &mut statuses).await? {}
        Ok(events)
    }

    /// Writes results of the past, and returns whether there may be more: what is read at once is bounded by bytes, too. Those that
    /// are written to the journal and not shown yet come later, with the others that come. `statuses` are those of the results
    /// that were read before, by plugin.
    async fn send_past(
        &mut self,
        sender: &Sender<Bytes>,
        statuses: &mut HashMap<PluginName, Status>,
    ) -> Result<bool, Ended> {
        let place = PAST_PAGES.acquire().await.map_err(|_| Ended)?;
        let newest = self.manager.state().newest_sequence();
        let past = self.manager.state().runs_after((self.cursor, newest), (PAST_RUNS, PAST_BYTES)).await;
        let past = past.map_err(|error| {
            tracing::error!("the journal cannot be read for a listener: {error}");
            Ended
        })?;
        let PastRuns { mut runs, missing, .. } = past;
        runs.retain(|run| run.sequence <= newest);
        if let Some(missing) = missing.filter(|missing| *missing.end() > self.missing && *missing.end() <= newest) {
            message::push_gap(&mut self.text, &missing);
            self.missing = *missing.end();
        }
        let is_any = !runs.is_empty();
        for run in runs {
            let before = statuses.get(&run.plugin).copied();
            if !run.facts.is_interrupted {
                statuses.insert(run.plugin.clone(), run.facts.status);
            }
            self.push_result(&run, before, before != Some(run.facts.status)).await?;
            let is_slow = self.text.len() >= CHUNK && timeout(SLOW_CLIENT_TIMEOUT, sender.reserve()).await.is_err();
            if is_slow && self.text.len() <= 2 * CHUNK {
                // Others may have the memory meanwhile.
                break;
            }
            if self.text.len() >= CHUNK {
                self.send(sender).await?;
            }
        }
        drop(place);
        self.send(sender).await?;
        Ok(is_any && self.cursor < newest)
    }

    async fn take(&mut self, received: Received, sender: &Sender<Bytes>) -> Result<(), Ended> {
        match received {
            Received::Event(Event::Record { record, previous, text }) => {
                self.take_record(&record, previous, &text, sender).await
            }
            Received::Event(Event::Started(run)) => {
                if self.wanted.admits_starts() && self.may_see(&run.plugin).await? {
                    message::push_start(&mut self.text, &run);
                }
                Ok(())
            }
            Received::Event(Event::Reloaded(counts)) => {
                message::push_reload(&mut self.text, self.requester.limits.is_none().then_some(counts));
                Ok(())
            }
            Received::Event(Event::Silence(event)) => {
                if self.wanted.admits_starts() && self.may_see_silence(&event).await? {
                    message::push_silence(&mut self.text, &event);
                }
                Ok(())
            }
            Received::Event(Event::GivenUp(_)) => Ok(()),
            Received::Lagged(_) => {
                message::push_lagged(&mut self.text, self.cursor);
                self.send(sender).await?;
                Err(Ended)
            }
        }
    }

    async fn take_record(
        &mut self,
        record: &RunRecord,
        previous: Option<Status>,
        shared: &SharedText,
        sender: &Sender<Bytes>,
    ) -> Result<(), Ended> {
        // It may have been read from the journal before.
        if record.sequence <= self.cursor {
            return Ok(());
        }
        let (RunState::Finished(finished), Some(facts)) = (&record.state, RunFacts::of(record)) else {
            self.cursor = record.sequence;
            return Ok(());
        };
        let is_change = previous != Some(facts.status);
        let is_change = is_change && !facts.is_interrupted;
        if self.wanted.admits_result(&facts, is_change) && self.may_see(&record.plugin).await? {
            let text = shared.get(|| {
                let (plugin, text) = (record.plugin.clone(), finished.text.listed.as_ref().to_owned());
                let run = StoredRun { sequence: record.sequence, plugin, facts, text };
                let mut text = String::new();
                message::push_result(&mut text, &run, previous, is_change);
                text
            });
            if text.len() < CHUNK {
                self.text.push_str(std::str::from_utf8(&text).unwrap_or_default());
            } else {
                self.send(sender).await?;
                self.send_all(text, sender).await?;
            }
        }
        self.cursor = record.sequence;
        Ok(())
    }

    /// Adds a result, if the client wants it and may see it.
    async fn push_result(&mut self, run: &StoredRun, previous: Option<Status>, is_change: bool) -> Result<(), Ended> {
        // A run that the end of the daemon has ended says nothing of what it checks.
        let is_change = is_change && !run.facts.is_interrupted;
        if self.wanted.admits_result(&run.facts, is_change) && self.may_see(&run.plugin).await? {
            message::push_result(&mut self.text, run, previous, is_change);
        }
        self.cursor = run.sequence;
        Ok(())
    }

    /// Whether the client wants and may see a silence: as far as it is limited to some plugins, all that it silences.
    async fn may_see_silence(&mut self, event: &SilenceEvent) -> Result<bool, Ended> {
        let silenced = &event.silence.silenced;
        for name in silenced {
            if !self.may_see(&name.as_str().into()).await? {
                return Ok(false);
            }
        }
        Ok(!silenced.is_empty() || self.requester.limits.is_none())
    }

    /// Whether events of a plugin are wanted, and the client may see them.
    async fn may_see(&mut self, plugin: &PluginName) -> Result<bool, Ended> {
        if !self.wanted.admits_name(plugin) {
            return Ok(false);
        }
        if self.checked_at.elapsed() >= CHECK_VALIDITY {
            self.check_client().await?;
        }
        let limits = self.requester.limits.as_deref();
        if limits.is_none() && self.wanted.categories.is_empty() {
            return Ok(true);
        }
        // Nothing is known any more of a plugin that was removed.
        let Some(config) = self.manager.state().config_of(plugin) else { return Ok(false) };
        let categories = &self.wanted.categories;
        let is_of_category = |category: &str| categories.iter().any(|wanted| wanted == category);
        let is_wanted = categories.is_empty() || config.facts.parameter("Category").is_some_and(is_of_category);
        Ok(is_wanted && config.facts.check(limits).is_ok())
    }

    async fn check_client(&mut self) -> Result<(), Ended> {
        self.requester = self.identity.requester().await.map_err(|_| Ended)?;
        self.checked_at = Instant::now();
        Ok(())
    }

    /// Sends what there is. Waits for a client that has not read what came before.
    async fn send(&mut self, sender: &Sender<Bytes>) -> Result<(), Ended> {
        if self.text.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.text);
        self.send_all(text.into(), sender).await
    }

    /// Sends a text in pieces: each connection has a copy of those that it is sending.
    async fn send_all(&mut self, mut text: Bytes, sender: &Sender<Bytes>) -> Result<(), Ended> {
        while !text.is_empty() {
            let piece = text.split_to(text.len().min(PIECE));
            sender.send(piece).await.map_err(|_| Ended)?;
            self.sent_at = Instant::now();
        }
        Ok(())
    }
}
