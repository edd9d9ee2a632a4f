//! Where the answers of all requests arrive: one subscription, since servers of a cluster tell each other of every one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use async_nats::{Client, Message, SubscribeError};
use futures_util::StreamExt;
use tokio::sync::Notify;

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
    messages: Mutex<VecDeque<Message>>,
    came: Notify,
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
                let receivers = receivers.lock().unwrap_or_else(PoisonError::into_inner);
                // An answer that comes too late has no receiver any more.
                if let Some(receiver) = number.and_then(|number: u64| receivers.get(&number)) {
                    receiver.add(message);
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
    fn add(&self, message: Message) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).push_back(message);
        self.came.notify_one();
    }

    fn take(&self) -> Option<Message> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Answers {
    /// Waits for the next message, without end when the connection is closed: each request has a limit.
    pub(super) async fn next(&mut self) -> Message {
        loop {
            if let Some(message) = self.arrivals.take() {
                return message;
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
