//! The listening connection, kept up by one task: it subscribes to what the process wants to hear, and again after each
//! reconnection.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, Msg, RedisError, RedisResult, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, error::Elapsed, interval, sleep, timeout};

use super::super::topics::Topics;
use super::{CONFIRM, CONNECT};

/// "Look at the topics again", with somebody to tell afterwards or without.
pub(super) type Wish = Option<oneshot::Sender<()>>;

/// How often a silent connection is asked whether it lives: a half-open one never says that it does not.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// Pauses between attempts to connect, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// At most one complaint in this time.
const SAY_EVERY: Duration = Duration::from_secs(10);

pub(super) struct Listener {
    client: Client,
    channels: String,
    topics: Arc<Topics>,
    wishes: mpsc::UnboundedReceiver<Wish>,
    /// Who is to be told when the next comparison is done.
    waiting: Vec<oneshot::Sender<()>>,
    /// The last complaint, and whether it was followed by better news.
    said: Option<Instant>,
    troubled: bool,
}

/// Why a connection is used no longer.
enum End {
    /// Nobody can wish for anything any more.
    Unwanted,
    /// It broke.
    Broken(String),
}

impl From<RedisError> for End {
    fn from(error: RedisError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<Elapsed> for End {
    fn from(_: Elapsed) -> Self {
        Self::Broken("no answer in time".to_owned())
    }
}

impl Listener {
    pub(super) fn new(client: Client, channels: String, topics: Arc<Topics>, wishes: mpsc::UnboundedReceiver<Wish>) -> Self {
        Self { client, channels, topics, wishes, waiting: Vec::new(), said: None, troubled: false }
    }

    /// Runs until the feed and all its streams are gone.
    pub(super) async fn run(mut self) {
        let mut failures = 0_u32;
        loop {
            // Connect only for somebody.
            while self.topics.names().is_empty() {
                let Some(wish) = self.wishes.recv().await else { return };
                self.waiting.extend(wish);
            }
            let begun = Instant::now();
            let Err(end) = self.listen().await;
            match end {
                End::Unwanted => return,
                End::Broken(_) if self.wishes.is_closed() => return,
                End::Broken(error) => self.complain(&error),
            }
            // One that held for a while starts the pauses anew.
            failures = if begun.elapsed() > LONGEST_PAUSE { 0 } else { failures.saturating_add(1) };
            sleep(FIRST_PAUSE.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE)).await;
        }
    }

    /// One connection's life.
    async fn listen(&mut self) -> Result<std::convert::Infallible, End> {
        let (mut sink, mut texts) = timeout(CONNECT, self.client.get_async_pubsub()).await??.split();
        let mut heard = HashSet::new();
        self.compare(&mut sink, &mut heard).await?;
        if std::mem::take(&mut self.troubled) {
            tracing::info!("the live feed listens again");
        }
        let mut ask = interval(ASK_EVERY);
        ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                wish = self.wishes.recv() => {
                    self.waiting.extend(wish.ok_or(End::Unwanted)?);
                    self.compare(&mut sink, &mut heard).await?;
                }
                text = next(&mut texts) => self.hand_on(&text?),
                _ = ask.tick() => {
                    timeout(CONFIRM, sink.ping::<Value>()).await??;
                }
            }
        }
    }

    fn complain(&mut self, error: &str) {
        if self.said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
            self.said = Some(Instant::now());
            self.troubled = true;
            tracing::warn!(error, "the live feed lost its connection; texts sent meanwhile are not seen");
        }
    }

    /// Makes what is listened to what is wanted.
    async fn compare(&mut self, sink: &mut PubSubSink, heard: &mut HashSet<String>) -> Result<(), End> {
        while let Ok(wish) = self.wishes.try_recv() {
            self.waiting.extend(wish);
        }
        let wanted = self.topics.names();
        let more: Vec<String> = wanted.difference(heard).map(|topic| self.channel(topic)).collect();
        let less: Vec<String> = heard.difference(&wanted).map(|topic| self.channel(topic)).collect();
        if !more.is_empty() {
            timeout(CONFIRM, sink.subscribe(more)).await??;
        }
        if !less.is_empty() {
            timeout(CONFIRM, sink.unsubscribe(less)).await??;
        }
        *heard = wanted;
        for waiting in self.waiting.drain(..) {
            // Who gave up waiting does not mind.
            let _ = waiting.send(());
        }
        Ok(())
    }

    fn channel(&self, topic: &str) -> String {
        format!("{}{topic}", self.channels)
    }

    fn hand_on(&self, text: &Msg) {
        let payload: RedisResult<String> = text.get_payload();
        match (text.get_channel_name().strip_prefix(&self.channels), payload) {
            (Some(topic), Ok(payload)) => self.topics.send(topic, payload),
            _ => tracing::debug!("the feed dropped something that is no text of ours"),
        }
    }
}

async fn next(texts: &mut PubSubStream) -> Result<Msg, End> {
    texts.next().await.ok_or_else(|| End::Broken("the connection ended".to_owned()))
}
