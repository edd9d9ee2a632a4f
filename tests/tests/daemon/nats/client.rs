//! A client of NATS, for tests that block.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::stream::Config;
use futures_util::StreamExt;
use serde_json::{Value as Json, json};
use smoker_nats::connect::Connect;
use smoker_nats::part::{Part, Parts};
use smoker_nats::presence::{self, Present};
use smoker_nats::streams;
use smoker_nats::subject::Fleet;
use smoker_tests::nats::NatsServer;
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// How long an answer of one host may take.
const ANSWER: Duration = Duration::from_secs(5);

/// A connection, and the fleet `test`.
#[derive(Debug)]
pub(super) struct NatsClient {
    runtime: Runtime,
    client: Client,
    pub(super) fleet: Fleet,
}

/// A result of the stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    pub(super) subject: String,
    pub(super) sequence: u64,
    /// Null for what is no JSON.
    pub(super) json: Json,
}

impl NatsClient {
    pub(super) fn of(server: &NatsServer) -> Self {
        Self::of_servers(&server.url())
    }

    /// One of several servers.
    pub(super) fn of_servers(servers: &str) -> Self {
        Self::with(&Connect { servers: servers.to_owned(), name: "test".to_owned(), ..Connect::default() })
    }

    pub(super) fn with(connect: &Connect) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let client = runtime.block_on(connect.open()).expect("a connection");
        Self { runtime, client, fleet: Fleet::new("test") }
    }

    /// Publishes a request, and gives the answers when all of these hosts have answered; `None` when one of them does not.
    pub(super) fn ask(&self, subject: &str, request: &str, hosts: &[&str]) -> Option<BTreeMap<String, String>> {
        self.runtime.block_on(async {
            let inbox = self.client.new_inbox();
            let mut answers = self.client.subscribe(inbox.clone()).await.expect("a subscription");
            let published = self.client.publish_with_reply(subject.to_owned(), inbox, request.to_owned().into());
            published.await.expect("a request");
            let mut parts: BTreeMap<String, Parts> = BTreeMap::new();
            let mut whole = BTreeMap::new();
            while !hosts.iter().all(|host| whole.contains_key(*host)) {
                let message = timeout(ANSWER, answers.next()).await.ok()??;
                if message.status.is_some() {
                    // Nobody listens.
                    return None;
                }
                let part = Part::read(message.headers.as_ref(), message.payload).expect("a part");
                if let Some(answer) = parts.entry(part.host.clone()).or_default().take(&part).expect("in order") {
                    whole.insert(part.host, String::from_utf8_lossy(&answer).into_owned());
                }
            }
            Some(whole)
        })
    }

    /// The inventory.
    pub(super) fn present(&self) -> Vec<Present> {
        self.block_on(presence::present(&self.client, &self.fleet)).unwrap_or_default()
    }

    /// All that a stream of results has, in its order.
    pub(super) fn stored(&self) -> Vec<Stored> {
        self.block_on(self.read()).unwrap_or_default()
    }

    async fn read(&self) -> Option<Vec<Stored>> {
        let context = async_nats::jetstream::new(self.client.clone());
        let config =
            pull::Config { deliver_policy: DeliverPolicy::All, ack_policy: AckPolicy::None, ..pull::Config::default() };
        let consumer = context.create_consumer_on_stream(config, self.fleet.results_stream()).await.ok()?;
        let mut left = consumer.cached_info().num_pending;
        let mut stored = Vec::new();
        while left > 0 {
            let mut page = consumer.fetch().max_messages(500).messages().await.ok()?;
            while let Some(message) = timeout(ANSWER, page.next()).await.ok()? {
                let message = message.ok()?;
                let info = message.info().ok()?;
                left = info.pending;
                let json = serde_json::from_slice(&message.payload).unwrap_or_default();
                stored.push(Stored { subject: message.subject.to_string(), sequence: info.stream_sequence, json });
            }
        }
        Some(stored)
    }

    /// Makes the streams of the fleet.
    pub(super) fn make_streams(&self) {
        self.block_on(streams::create(&self.client, &self.fleet, 1000, 1)).expect("streams");
    }

    /// Makes a stream, as somebody does who does not know what bridges need.
    pub(super) fn make_stream(&self, config: Config) {
        self.block_on(async {
            let context = async_nats::jetstream::new(self.client.clone());
            context.create_stream(config).await.expect("a stream");
        });
    }

    /// Changes the stream of results.
    pub(super) fn change_results(&self, change: impl FnOnce(&mut Config)) {
        self.block_on(async {
            let context = async_nats::jetstream::new(self.client.clone());
            let stream = context.get_stream(self.fleet.results_stream()).await.expect("it is there");
            let mut config = stream.cached_info().config.clone();
            change(&mut config);
            context.update_stream(config).await.expect("it can be changed");
        });
    }

    /// Whether a host answers a request.
    pub(super) fn reaches(&self, host: &str) -> bool {
        let answer = self.ask(&self.fleet.host(host), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", &[host]);
        answer.is_some_and(|answer| answer[host].starts_with("HTTP/1.1 200 "))
    }

    /// Takes the newest results out of the stream, as one has lost them whose leader has changed: they were acknowledged.
    pub(super) fn lose(&self, count: usize) {
        let stored = self.stored();
        stored.iter().rev().take(count).for_each(|lost| self.delete(lost));
    }

    /// Takes the oldest result out of the stream, as one does that is full, or when it is too old.
    pub(super) fn drop_oldest(&self) {
        self.delete(&self.stored()[0]);
    }

    fn delete(&self, stored: &Stored) {
        self.block_on(async {
            let context = async_nats::jetstream::new(self.client.clone());
            let stream = context.get_stream(self.fleet.results_stream()).await.expect("it is there");
            assert!(stream.delete_message(stored.sequence).await.expect("it is there"));
        });
    }

    /// Makes the stream of results again, with nothing in it: its numbers begin again.
    pub(super) fn empty_stream(&self) {
        self.block_on(async {
            let context = async_nats::jetstream::new(self.client.clone());
            context.delete_stream(self.fleet.results_stream()).await.expect("it is there");
        });
        self.make_streams();
    }

    /// Publishes something and waits until the server has it.
    pub(super) fn publish(&self, subject: &str, text: &str) {
        self.runtime.block_on(async {
            self.client.publish(subject.to_owned(), text.to_owned().into()).await.expect("published");
            self.client.flush().await.expect("sent");
        });
    }

    /// The same, with a subject for what the server or others answer.
    pub(super) fn publish_with_reply(&self, subject: &str, text: &str, reply: &str) {
        self.runtime.block_on(async {
            let (subject, reply) = (subject.to_owned(), reply.to_owned());
            self.client.publish_with_reply(subject, reply, text.to_owned().into()).await.expect("published");
            self.client.flush().await.expect("sent");
        });
    }

    /// Publishes a request many times, whose answers go to somebody else.
    pub(super) fn request_without_reading(&self, subject: &str, reply: &str, request: &str, times: usize) {
        self.runtime.block_on(async {
            for _ in 0..times {
                let (subject, reply) = (subject.to_owned(), reply.to_owned());
                self.client.publish_with_reply(subject, reply, request.to_owned().into()).await.expect("published");
            }
            self.client.flush().await.expect("sent");
        });
    }

    /// A result of its own, as a host would publish it, and whether the stream took it.
    pub(super) fn store(&self, subject: &str, text: &str) -> bool {
        self.block_on(async {
            let context = async_nats::jetstream::new(self.client.clone());
            let published = context.publish(subject.to_owned(), text.to_owned().into()).await;
            published.expect("sent").await.is_ok()
        })
    }

    /// Stands in for the servers of a cluster that choose a leader: there is a stream that takes no result, and each result is acknowledged with the
    /// next of these numbers, in the end always with the last one. Gives the message ids of the results as they come.
    pub(super) fn acknowledge(&self, numbers: &[u64]) -> mpsc::Receiver<String> {
        let (client, fleet, mut left) = (self.client.clone(), &self.fleet, numbers.to_vec());
        let name = fleet.results_stream();
        let subjects = vec!["elsewhere".to_owned()];
        let config = Config { name: name.clone(), subjects, allow_direct: true, ..Config::default() };
        let mut results = self.block_on(async {
            async_nats::jetstream::new(client.clone()).create_stream(config).await.expect("a stream");
            client.subscribe(fleet.all_results()).await.expect("a subscription")
        });
        let (told, ids) = mpsc::channel();
        self.runtime.spawn(async move {
            while let Some(result) = results.next().await {
                let headers = result.headers.expect("headers of a result");
                let _ = told.send(headers.get("Nats-Msg-Id").expect("an id").to_string());
                let number = if left.len() > 1 { left.remove(0) } else { left[0] };
                let acknowledgement = json!({"stream": name, "seq": number, "duplicate": number == 0}).to_string();
                let reply = result.reply.expect("a result is acknowledged");
                client.publish(reply, acknowledgement.into()).await.expect("published");
            }
        });
        ids
    }

    fn block_on<T>(&self, task: impl Future<Output = T>) -> T {
        self.runtime.block_on(task)
    }
}
