//! A client of GraphQL over WebSocket that hides nothing.

use super::app::Credentials;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(1);

/// An open connection.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What a server says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    /// A message.
    Message(Value),
    /// That it closes, with which code and why.
    Closed(u16, String),
}

impl Socket {
    /// Opens a connection to `/graphql` of a server at `http://…`; the status where it is refused.
    pub(crate) async fn open(
        url: &str,
        headers: &[(&'static str, String)],
        protocol: &str,
    ) -> Result<Self, u16> {
        let address = format!("{}/graphql", url.replacen("http", "ws", 1));
        let mut request = address.into_client_request().expect("an address");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        if !protocol.is_empty() {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().expect("a header"));
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The same for a client, whose first message says who it is, acknowledged.
    pub(crate) async fn open_as(url: &str, client: &Credentials) -> Self {
        let mut socket = Self::open(url, &[], "graphql-transport-ws").await.expect("a connection");
        let payload = json!({"clientId": client.id, "clientSecret": client.secret});
        socket.say(&json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(socket.hear().await, Heard::Message(json!({"type": "connection_ack"})));
        socket
    }

    /// Sends a message.
    pub(crate) async fn say(&mut self, message: &Value) {
        self.say_text(&message.to_string()).await;
    }

    /// Sends a text.
    pub(crate) async fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("it is sent");
    }

    /// Asks for an operation.
    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(&json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    /// Waits for what comes next.
    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            let next =
                tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something is said in time");
            match next.expect("the connection is open").expect("a frame") {
                Message::Text(text) => return Heard::Message(serde_json::from_str(&text).expect("JSON")),
                Message::Close(Some(frame)) => {
                    return Heard::Closed(frame.code.into(), frame.reason.to_string());
                }
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits for the next answer to an operation; gives its data.
    pub(crate) async fn answer(&mut self, id: &str) -> Value {
        match self.hear().await {
            Heard::Message(message) if message["type"] == "next" && message["id"] == id => {
                assert_eq!(message["payload"].get("errors"), None, "{message}");
                message["payload"]["data"].clone()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Waits for an operation to be refused; gives the first error.
    pub(crate) async fn refusal(&mut self, id: &str) -> Value {
        match self.hear().await {
            Heard::Message(message) if message["type"] == "error" && message["id"] == id => {
                message["payload"][0].clone()
            }
            other => panic!("{other:?}"),
        }
    }
}
