//! A client of the `graphql-transport-ws` protocol that can also misbehave.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::app::TestApp;

/// How long a message is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What came.
#[derive(Debug, PartialEq)]
pub enum Heard {
    Message(Value),
    Closed(u16, String),
    /// The connection ended without a close frame.
    Cut,
}

impl Socket {
    /// Opens a socket that speaks the protocol.
    pub async fn open(app: &TestApp) -> Self {
        Self::with(app, Some("graphql-transport-ws"), None).await.unwrap()
    }

    pub async fn with(app: &TestApp, protocol: Option<&str>, origin: Option<&str>) -> Result<Self, Error> {
        let mut request = format!("ws://{}/graphql", app.address).into_client_request()?;
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        Ok(Self(connect_async(request).await?.0))
    }

    pub async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub async fn say_text(&mut self, text: &str) {
        self.say_raw(Message::text(text)).await;
    }

    pub async fn say_raw(&mut self, message: Message) {
        // The other side may have closed already; what it said is heard next.
        let _ = self.0.send(message).await;
    }

    /// The next message or the end. Pings of the WebSocket itself are answered and passed over.
    pub async fn hear(&mut self) -> Heard {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("nothing was heard");
            match next {
                Some(Ok(Message::Text(text))) => return Heard::Message(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(frame)))) => return Heard::Closed(frame.code.into(), frame.reason.to_string()),
                Some(Ok(Message::Close(None))) | Some(Err(_)) | None => return Heard::Cut,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The code by which the socket was closed.
    pub async fn closed(&mut self) -> u16 {
        match self.hear().await {
            Heard::Closed(code, _) => code,
            other => panic!("not closed: {other:?}"),
        }
    }
}
