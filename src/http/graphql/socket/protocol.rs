//! The messages of the `graphql-transport-ws` protocol, and the codes by which a socket is closed.

use actix_ws::{CloseCode, CloseReason};
use serde::Deserialize;
use serde_json::{Value, json};

/// The name of the protocol.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromClient {
    /// The first message: who the client is.
    ConnectionInit {
        /// `authorization` and `mode`.
        #[serde(default)]
        payload: Option<Hello>,
    },
    /// Asks for a pong.
    Ping {},
    /// Answers a ping.
    Pong {},
    /// Starts an operation.
    Subscribe {
        /// The client's name for it.
        id: String,
        /// Its parameters.
        payload: Value,
    },
    /// Ends an operation.
    Complete {
        /// Which.
        id: String,
    },
}

/// What a client says of itself.
#[derive(Debug, Deserialize)]
pub struct Hello {
    /// As the header of that name: `Bearer <token>`.
    #[serde(default, alias = "Authorization")]
    pub authorization: Option<String>,
    /// As the header `Tributary-Mode`.
    #[serde(default, alias = "Tributary-Mode", alias = "tributary-mode")]
    pub mode: Option<String>,
}

/// What the server says, as text.
pub mod to_client {
    use super::{Value, json};

    /// The client is known.
    #[must_use]
    pub fn connection_ack() -> String {
        json!({ "type": "connection_ack" }).to_string()
    }

    /// Answers a ping.
    #[must_use]
    pub fn pong() -> String {
        json!({ "type": "pong" }).to_string()
    }

    /// One answer of an operation; `body` is JSON already.
    #[must_use]
    pub fn next(id: &str, body: &str) -> String {
        format!(r#"{{"id":{},"type":"next","payload":{body}}}"#, Value::from(id))
    }

    /// The operation was refused as a whole.
    #[must_use]
    pub fn error(id: &str, errors: &Value) -> String {
        json!({ "id": id, "type": "error", "payload": errors }).to_string()
    }

    /// The operation has ended.
    #[must_use]
    pub fn complete(id: &str) -> String {
        json!({ "id": id, "type": "complete" }).to_string()
    }
}

/// Why a socket is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The client speaks another protocol.
    Protocol,
    /// A message that is none of the protocol's.
    BadMessage,
    /// No credential, or an operation before the client is known.
    Unauthorized,
    /// The credential is wrong or has ended.
    Forbidden(String),
    /// The client did not say who it is in time.
    Silent,
    /// An id that is in use.
    Duplicate(String),
    /// Said twice who it is.
    HelloTwice,
    /// A frame over the limit.
    TooLarge,
    /// Not a WebSocket's frame.
    Broken,
    /// The server stops.
    GoingAway,
    /// Something that is needed is away.
    Unavailable,
}

impl From<Closing> for CloseReason {
    fn from(closing: Closing) -> Self {
        let (code, description) = match closing {
            Closing::Protocol => (4406, "Subprotocol not acceptable".to_owned()),
            Closing::BadMessage => (4400, "Invalid message received".to_owned()),
            Closing::Unauthorized => (4401, "Unauthorized".to_owned()),
            Closing::Forbidden(why) => (4403, why),
            Closing::Silent => (4408, "Connection initialisation timeout".to_owned()),
            Closing::Duplicate(id) => (4409, format!("Subscriber for {id} already exists")),
            Closing::HelloTwice => (4429, "Too many initialisation requests".to_owned()),
            Closing::TooLarge => (1009, "Message too large".to_owned()),
            Closing::Broken => (1002, "Protocol error".to_owned()),
            Closing::GoingAway => (1001, "The server stops".to_owned()),
            Closing::Unavailable => (1013, "Try again later".to_owned()),
        };
        // A close frame holds 123 bytes of text.
        let mut end = description.len().min(120);
        while !description.is_char_boundary(end) {
            end -= 1;
        }
        Self { code: CloseCode::from(code), description: Some(description[..end].to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use actix_ws::CloseReason;
    use rstest::rstest;

    use super::{Closing, FromClient, to_client};

    #[rstest]
    #[case(r#"{"type":"connection_init"}"#, true)]
    #[case(r#"{"type":"connection_init","payload":null}"#, true)]
    #[case(r#"{"type":"connection_init","payload":{"authorization":"Bearer x","mode":"test","more":1}}"#, true)]
    #[case(r#"{"type":"ping","payload":{"a":1}}"#, true)]
    #[case(r#"{"type":"pong"}"#, true)]
    #[case(r#"{"type":"subscribe","id":"1","payload":{"query":"{a}"}}"#, true)]
    #[case(r#"{"type":"complete","id":"1"}"#, true)]
    #[case(r#"{"type":"subscribe","payload":{"query":"{a}"}}"#, false)]
    #[case(r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#, false)]
    #[case(r#"{"type":"connection_init","payload":"Bearer x"}"#, false)]
    #[case(r#"{"type":"start","id":"1"}"#, false)]
    #[case(r#"{"type":1}"#, false)]
    #[case("[]", false)]
    #[case("hello", false)]
    fn messages_are_read_strictly(#[case] text: &str, #[case] good: bool) {
        assert_eq!(serde_json::from_str::<FromClient>(text).is_ok(), good, "{text}");
    }

    #[test]
    fn answers_are_json_whatever_the_id() {
        let text = to_client::next("a\"b", r#"{"data":1}"#);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, serde_json::json!({ "id": "a\"b", "type": "next", "payload": { "data": 1 } }));
    }

    #[test]
    fn reasons_fit_into_a_close_frame() {
        let reason = CloseReason::from(Closing::Duplicate("é".repeat(500)));
        assert_eq!(u16::from(reason.code), 4409);
        assert!(reason.description.unwrap().len() <= 123);
    }
}
