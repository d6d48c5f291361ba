//! Who in this process listens to what.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, stream};
use tokio::sync::broadcast;

use super::{BACKLOG, FeedStream};

/// The topics with at least one reader, and their readers.
#[derive(Debug, Default)]
pub(super) struct Topics(Mutex<HashMap<String, broadcast::Sender<String>>>);

impl Topics {
    /// A new reader of `topic`. `left` is called when the topic has lost its last one.
    pub(super) fn join(self: &Arc<Self>, topic: &str, left: impl Fn() + Send + Sync + 'static) -> FeedStream {
        let mut senders = self.senders();
        let sender = senders.entry(topic.to_owned()).or_insert_with(|| broadcast::channel(BACKLOG).0);
        let reader = Reader { receiver: Some(sender.subscribe()), topic: topic.to_owned(), topics: Arc::clone(self), left: Box::new(left) };
        // An error is either "fell behind" or "closed", and both are the end.
        stream::unfold(reader, |mut reader| async move {
            let text = reader.receiver.as_mut()?.recv().await.ok()?;
            Some((text, reader))
        })
        .boxed()
    }

    /// Hands `payload` to the readers of `topic`, if any.
    pub(super) fn send(&self, topic: &str, payload: String) {
        if let Some(sender) = self.senders().get(topic) {
            // Fails only when the last reader is just leaving.
            let _ = sender.send(payload);
        }
    }

    /// The topics that have readers.
    pub(super) fn names(&self) -> HashSet<String> {
        self.senders().keys().cloned().collect()
    }

    fn senders(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reader's place. Leaving is dropping it.
struct Reader {
    /// `None` only while it is dropped.
    receiver: Option<broadcast::Receiver<String>>,
    topic: String,
    topics: Arc<Topics>,
    left: Box<dyn Fn() + Send + Sync>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let empty = {
            let mut senders = self.topics.senders();
            self.receiver = None;
            let empty = senders.get(&self.topic).is_some_and(|sender| sender.receiver_count() == 0);
            if empty {
                senders.remove(&self.topic);
            }
            empty
        };
        if empty {
            (self.left)();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn the_last_reader_closes_the_topic() {
        let (topics, left) = (Arc::new(Topics::default()), Arc::new(AtomicU32::new(0)));
        let join = || {
            let left = Arc::clone(&left);
            topics.join("a", move || {
                left.fetch_add(1, Ordering::SeqCst);
            })
        };
        let (one, two) = (join(), join());
        drop(one);
        assert_eq!((topics.names().len(), left.load(Ordering::SeqCst)), (1, 0));
        drop(two);
        assert_eq!((topics.names().len(), left.load(Ordering::SeqCst)), (0, 1));
    }

    #[tokio::test]
    async fn a_reader_who_was_cut_off_has_left() {
        let topics = Arc::new(Topics::default());
        let mut slow = topics.join("a", || ());
        for n in 0..=BACKLOG {
            topics.send("a", n.to_string());
        }
        assert_eq!(slow.next().await, None);
        assert!(topics.names().is_empty());
    }
}
