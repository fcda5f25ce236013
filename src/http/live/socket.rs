//! Operations over a WebSocket: the sub-protocol `graphql-transport-ws` of GraphQL over WebSocket.
//!
//! Who asks is shown by the headers of the request, as everywhere, or, since pages in a browser cannot set them, by the
//! payload of `connection_init`: `{"clientId": …, "clientSecret": …}`, or an `authorization` as in the header.
//!
//! | closed with | because |
//! |---|---|
//! | 4400 | a message is none of the protocol |
//! | 4401 | something was subscribed to before `connection_ack` |
//! | 4403 | the credentials are wrong, or hold no longer, or the client does not list the page's origin |
//! | 4408 | no `connection_init` came in time, or nothing at all, not even an answer to a ping |
//! | 4409 | an operation's id is in use |
//! | 4429 | `connection_init` came twice |
//! | 1001 | the server stops |
//!
//! What is wrong with one operation is an `error` message of that operation alone.

use super::{Next, Operation};
use crate::app::App;
use crate::directory::welcomes;
use crate::error::{Failure, Kind};
use crate::http::asked::Asked;
use crate::http::auth::Shown;
use crate::http::visit;
use crate::store::clients::Client;
use async_graphql::Response;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response as HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tracing::Instrument;

/// The sub-protocol.
const PROTOCOL: &str = "graphql-transport-ws";

/// Bytes of one message of a client, at most.
const MESSAGE_BYTES: usize = 1 << 20;

/// How long a client has to say who it is.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a message may take to leave for the client.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a client is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(30);

/// Takes over a connection. `shown`: what the request's headers show, if they show anything.
pub(in crate::http) fn upgrade(
    app: Arc<App>,
    upgrade: WebSocketUpgrade,
    client: Option<Client>,
    origin: Option<String>,
) -> HttpResponse {
    let upgrade = upgrade
        .max_message_size(MESSAGE_BYTES.min(app.limits().body_bytes))
        .max_frame_size(MESSAGE_BYTES)
        .protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let message = format!("ask for the sub-protocol {PROTOCOL} (Sec-WebSocket-Protocol)");
        return (StatusCode::BAD_REQUEST, message).into_response();
    }
    let (span, peer) = (tracing::Span::current(), visit::peer());
    upgrade.on_upgrade(move |socket| {
        let connection = Connection::new(app, client, peer, origin);
        async move { connection.serve(socket).await }.instrument(span)
    })
}

/// What a client sends.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Sent {
    ConnectionInit { payload: Option<Value> },
    Subscribe { id: String, payload: Value },
    Complete { id: String },
    Ping { payload: Option<Value> },
    Pong {},
}

/// What an operation has for the client.
struct Told {
    id: String,
    /// Which of the operations that had this id it is.
    number: u64,
    next: Next,
}

/// Why a connection is closed.
struct Close(u16, String);

impl Close {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        Self(code, reason.into())
    }
}

/// One client's connection.
struct Connection {
    app: Arc<App>,
    /// Who was shown by headers, or let in.
    client: Option<Client>,
    /// Where it comes from.
    peer: Option<IpAddr>,
    /// The origin of the page that opened it, if a page did.
    origin: Option<String>,
    is_acknowledged: bool,
    /// The running operations, each with its number.
    running: HashMap<String, (u64, tokio::task::AbortHandle)>,
    last_number: u64,
    /// All running operations; they end with the connection.
    tasks: JoinSet<()>,
    tell: mpsc::Sender<Told>,
    told: mpsc::Receiver<Told>,
}

impl Connection {
    fn new(app: Arc<App>, client: Option<Client>, peer: Option<IpAddr>, origin: Option<String>) -> Self {
        // Room for one: an operation waits with the next answer until the one before is on its way.
        let (tell, told) = mpsc::channel(1);
        Self {
            app,
            client,
            peer,
            origin,
            is_acknowledged: false,
            running: HashMap::new(),
            last_number: 0,
            tasks: JoinSet::new(),
            tell,
            told,
        }
    }

    async fn serve(mut self, mut socket: WebSocket) {
        let Err(Close(code, reason)) = self.talk(&mut socket).await else { return };
        // What runs ends here, and the app is let go.
        drop(self);
        let frame = CloseFrame { code, reason: reason.chars().take(100).collect::<String>().into() };
        // Whoever has gone does not hear it; what the client still says until it closes its side does not matter.
        let farewell = async {
            if socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = socket.recv().await {}
            }
        };
        let _ = timeout(INIT_TIMEOUT, farewell).await;
    }

    /// Talks until the client goes (`Ok`) or the connection is to be closed.
    async fn talk(&mut self, socket: &mut WebSocket) -> Result<(), Close> {
        let mut is_stopping = self.app.live().watch_stop();
        let began = Instant::now();
        let mut ping = interval_at(began + PING_EVERY, PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard_at = began;
        loop {
            tokio::select! {
                message = socket.recv() => {
                    let Some(Ok(message)) = message else { return Ok(()) };
                    heard_at = Instant::now();
                    match message {
                        Message::Text(text) => {
                            if let Some(answer) = self.hear(&text).await? {
                                send(socket, &answer).await?;
                            }
                        }
                        Message::Close(_) => return Ok(()),
                        Message::Ping(_) | Message::Pong(_) => {}
                        Message::Binary(_) => return Err(Close::new(4400, "messages are texts")),
                    }
                }
                Some(told) = self.told.recv() => self.tell(socket, told).await?,
                _ = ping.tick() => {
                    if heard_at.elapsed() > 2 * PING_EVERY {
                        return Err(Close::new(4408, "nothing was heard of the client"));
                    }
                    let sent = timeout(SEND_TIMEOUT, socket.send(Message::Ping(Vec::new().into()))).await;
                    if !matches!(sent, Ok(Ok(()))) {
                        return Ok(());
                    }
                }
                () = tokio::time::sleep_until(began + INIT_TIMEOUT), if !self.is_acknowledged => {
                    return Err(Close::new(4408, "Connection initialisation timeout"));
                }
                () = stopped(&mut is_stopping) => {
                    return Err(Close::new(1001, "the server stops"));
                }
            }
        }
    }

    /// Does what a message asks for; gives the answer to it, if there is one.
    async fn hear(&mut self, text: &str) -> Result<Option<Value>, Close> {
        let sent = serde_json::from_str(text)
            .map_err(|error| Close::new(4400, format!("this is no message of {PROTOCOL}: {error}")))?;
        match sent {
            Sent::ConnectionInit { payload } => {
                if self.is_acknowledged {
                    return Err(Close::new(4429, "Too many initialisation requests"));
                }
                if self.client.is_none() {
                    let shown = Shown::in_payload(&payload.unwrap_or_default());
                    let (_, client) = shown.enter_from(&self.app, self.peer).map_err(|reason| {
                        Close::new(4403, format!("Forbidden: {reason}; give clientId and clientSecret"))
                    })?;
                    if self.origin.as_ref().is_some_and(|origin| !welcomes(&client, origin)) {
                        return Err(Close::new(
                            4403,
                            "Forbidden: this client does not list the page's origin",
                        ));
                    }
                    self.client = Some(client);
                }
                self.is_acknowledged = true;
                Ok(Some(json!({ "type": "connection_ack" })))
            }
            Sent::Subscribe { id, payload } => self.subscribe(id, payload).await,
            Sent::Complete { id } => {
                if let Some((_, task)) = self.running.remove(&id) {
                    task.abort();
                }
                Ok(None)
            }
            Sent::Ping { payload } => Ok(Some(match payload {
                Some(payload) => json!({ "type": "pong", "payload": payload }),
                None => json!({ "type": "pong" }),
            })),
            Sent::Pong {} => Ok(None),
        }
    }

    async fn subscribe(&mut self, id: String, payload: Value) -> Result<Option<Value>, Close> {
        let Some(client) = self.client.as_ref().filter(|_| self.is_acknowledged) else {
            return Err(Close::new(4401, "Unauthorized"));
        };
        if self.running.contains_key(&id) {
            return Err(Close::new(4409, format!("Subscriber for {id} already exists")));
        }
        let most = self.app.limits().subscriptions;
        if self.running.len() >= most {
            let failure = Failure::new(
                Kind::Limited,
                format!("{most} operations run over this connection; end one first"),
            );
            return Ok(Some(json!({ "type": "error", "id": id, "payload": super::told(&failure) })));
        }
        // Each operation counts as a request of its client.
        if let Err(reason) = self.app.directory().enter_again(client) {
            let failure = Failure::new(Kind::RateLimited, reason.to_string());
            return Ok(Some(json!({ "type": "error", "id": id, "payload": super::told(&failure) })));
        }
        let asked = Asked::in_body(payload).map_err(|invalid| Close::new(4400, invalid.to_string()))?;
        let mut operation = Operation::begin(&self.app, client, asked, true).await;
        self.last_number += 1;
        let (number, tell, of) = (self.last_number, self.tell.clone(), id.clone());
        let task = async move {
            loop {
                let next = operation.next().await;
                let is_last = !matches!(next, Next::Answer(_));
                let told = Told { id: of.clone(), number, next };
                if tell.send(told).await.is_err() || is_last {
                    return;
                }
            }
        };
        let task = self.tasks.spawn(task.in_current_span());
        self.running.insert(id, (number, task));
        // Those that have ended are let go.
        while self.tasks.try_join_next().is_some() {}
        Ok(None)
    }

    /// Tells the client what an operation has for it.
    async fn tell(&mut self, socket: &mut WebSocket, told: Told) -> Result<(), Close> {
        let Told { id, number, next } = told;
        if self.running.get(&id).is_none_or(|(running, _)| *running != number) {
            // The client has completed it meanwhile.
            return Ok(());
        }
        let message = match next {
            Next::Answer(response) => {
                let response: &Response = &response;
                return send(socket, &json!({ "type": "next", "id": id, "payload": response })).await;
            }
            Next::Refused(errors) => json!({ "type": "error", "id": id, "payload": errors }),
            Next::Complete => json!({ "type": "complete", "id": id }),
            Next::Revoked => return Err(Close::new(4403, "Forbidden: the credentials hold no longer")),
            Next::Stopping => return Err(Close::new(1001, "the server stops")),
        };
        self.running.remove(&id);
        send(socket, &message).await
    }
}

/// Waits for the server to stop.
async fn stopped(is_stopping: &mut watch::Receiver<bool>) {
    // The sender lives as long as the app, which the connection holds.
    let _ = is_stopping.wait_for(|is_stopping| *is_stopping).await;
}

/// Sends a message; a client that does not take it in time is gone.
async fn send(socket: &mut WebSocket, message: &Value) -> Result<(), Close> {
    match timeout(SEND_TIMEOUT, socket.send(Message::Text(message.to_string().into()))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Close::new(1011, "the client takes nothing")),
    }
}
