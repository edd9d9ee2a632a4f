//! Where the answers of all requests arrive: one subscription, since servers of a cluster tell each other of every one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::{Client, Message, SubscribeError};
use futures_util::StreamExt;
use smoker_nats::part::MAX_ANSWER;
use tokio::sync::Notify;

/// The bytes that may come in answer to one request: those of the largest answer, and as many again for headers.
const MAX_BYTES: usize = 2 * MAX_ANSWER;

/// The requests that wait for answers, by the last token of their reply subjects.
type Waiting = Arc<Mutex<HashMap<u64, Arc<Arrivals>>>>;

/// The subscription.
pub(super) struct Inbox {
    prefix: String,
    waiting: Waiting,
}

/// The answers of one request, until it is dropped.
pub(super) struct Answers {
    /// The reply subject of the request.
    pub(super) subject: String,
    number: u64,
    waiting: Waiting,
    arrivals: Arc<Arrivals>,
}

/// What has arrived for a request and is not looked at yet. Most requests get one message, for which a channel would have room for many.
#[derive(Default)]
struct Arrivals {
    arrived: Mutex<Arrived>,
    came: Notify,
}

#[derive(Default)]
struct Arrived {
    messages: VecDeque<Message>,
    /// How many bytes came in all.
    bytes: usize,
    /// Whether more came than there can be, and none is taken any more. The client may be slower than a host that sends without end.
    is_too_much: bool,
}

impl Inbox {
    /// Subscribes, and has a task of this runtime hand each message to the request that it answers.
    ///
    /// # Errors
    ///
    /// When the connection is closed.
    pub(super) async fn open(client: &Client) -> Result<Self, SubscribeError> {
        let prefix = client.new_inbox();
        let waiting = Waiting::default();
        let mut messages = client.subscribe(format!("{prefix}.*")).await?;
        let receivers = Arc::clone(&waiting);
        tokio::spawn(async move {
            while let Some(message) = messages.next().await {
                let number = message.subject.rsplit_once('.').and_then(|(_, number)| number.parse().ok());
                let mut receivers = receivers.lock().unwrap_or_else(PoisonError::into_inner);
                // An answer that comes too late has no receiver any more.
                let Some(number) = number else { continue };
                if receivers.get(&number).is_some_and(|receiver| !receiver.add(message)) {
                    receivers.remove(&number);
                }
            }
        });
        Ok(Self { prefix, waiting })
    }

    /// A place for the answers of the request of this number, which no other one has.
    pub(super) fn answers(&self, number: u64) -> Answers {
        let arrivals = Arc::new(Arrivals::default());
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&arrivals));
        let subject = format!("{}.{number}", self.prefix);
        Answers { subject, number, waiting: Arc::clone(&self.waiting), arrivals }
    }
}

impl Arrivals {
    fn arrived(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a message; `false` when there are too many.
    fn add(&self, message: Message) -> bool {
        let mut arrived = self.arrived();
        arrived.bytes += message.length.max(1);
        arrived.is_too_much |= arrived.bytes > MAX_BYTES;
        let is_taken = !arrived.is_too_much;
        if is_taken {
            arrived.messages.push_back(message);
        }
        drop(arrived);
        self.came.notify_one();
        is_taken
    }
}

impl Answers {
    /// Why no message comes any more.
    #[must_use]
    pub(super) fn end() -> String {
        format!("more than {} MiB came in answer", MAX_BYTES >> 20)
    }

    /// Waits for the next message, without end when the connection is closed: each request has a limit. None when too much came.
    pub(super) async fn next(&mut self) -> Option<Message> {
        loop {
            {
                let mut arrived = self.arrivals.arrived();
                match arrived.messages.pop_front() {
                    Some(message) => return Some(message),
                    None if arrived.is_too_much => return None,
                    None => {}
                }
            }
            // One that has come meanwhile is remembered.
            self.arrivals.came.notified().await;
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}
