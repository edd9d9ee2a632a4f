//! Where the answers of all requests arrive: one subscription, since servers of a cluster tell each other of every one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_nats::{Client, Message, SubscribeError};
use futures_util::StreamExt;
use smoker_nats::part::MAX_ANSWER;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// The bytes that may come in answer to one request: those of the largest answer, and as many again for headers.
const MAX_BYTES: usize = 2 * MAX_ANSWER;

/// The requests that wait for answers, by the last token of their reply subjects.
type Waiting = Arc<Mutex<HashMap<u64, Receiver>>>;

/// Where the messages of one request go. The client may be slower than a host that sends without end.
struct Receiver {
    sender: UnboundedSender<Message>,
    /// The bytes that it still takes.
    left: usize,
}

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
    messages: UnboundedReceiver<Message>,
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
                if receivers.get_mut(&number).is_some_and(|receiver| !receiver.take(message)) {
                    receivers.remove(&number);
                }
            }
        });
        Ok(Self { prefix, waiting })
    }

    /// A place for the answers of the request of this number, which no other one has.
    pub(super) fn answers(&self, number: u64) -> Answers {
        let (sender, messages) = mpsc::unbounded_channel();
        let receiver = Receiver { sender, left: MAX_BYTES };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, receiver);
        let subject = format!("{}.{number}", self.prefix);
        Answers { subject, number, waiting: Arc::clone(&self.waiting), messages }
    }
}

impl Receiver {
    /// Passes a message on; `false` when there are too many.
    fn take(&mut self, message: Message) -> bool {
        let Some(left) = self.left.checked_sub(message.length.max(1)) else { return false };
        self.left = left;
        // Nobody waits any more where this fails.
        let _ = self.sender.send(message);
        true
    }
}

impl Answers {
    /// Why no message comes any more.
    #[must_use]
    pub(super) fn end(&self) -> String {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.contains_key(&self.number) {
            return "the connection to the NATS server is closed".to_owned();
        }
        format!("more than {} MiB came in answer", MAX_BYTES >> 20)
    }

    /// Waits for the next message.
    pub(super) async fn next(&mut self) -> Option<Message> {
        self.messages.recv().await
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}
