//! One subscription: when it is asked anew, and whether that is news.

use super::{Next, answer_or_refusal};
use crate::app::App;
use crate::app::live::Place;
use crate::graphql::context::with_caller;
use crate::graphql::live::Subject;
use crate::graphql::new_events::Told;
use crate::store::clients::Client;
use async_graphql::{Request, Response, Variables};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How long an answer that the clock changes stands at least.
const CLOCK_PAUSE: Duration = Duration::from_mins(1);

/// How long one stands at most, whenever something begins that changes it.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// Rests after an answer are so many times as long as the answer took.
const REST: u32 = 4;

/// What is asked for.
pub(super) struct Asked {
    pub(super) text: String,
    pub(super) variables: Variables,
    pub(super) operation_name: Option<String>,
    pub(super) subject: Subject,
}

/// One subscription of a client.
pub(in crate::http) struct Subscription {
    app: Arc<App>,
    client: Client,
    asked: Asked,
    told: Arc<Told>,
    /// The hash of the last answer that was told; none before the first.
    last: Option<[u8; 32]>,
    /// Not asked again before.
    rests_until: Instant,
    /// Asked again then, if nothing is stored before.
    due: Option<Instant>,
    version: watch::Receiver<u64>,
    clients: watch::Receiver<()>,
    is_stopping: watch::Receiver<bool>,
    _place: Place,
}

impl Subscription {
    pub(super) fn new(app: &Arc<App>, client: &Client, asked: Asked, place: Place) -> Self {
        Self {
            app: Arc::clone(app),
            client: client.clone(),
            asked,
            told: Arc::default(),
            last: None,
            rests_until: Instant::now(),
            due: Some(Instant::now()),
            version: app.engine().store().watch_version(client.project),
            clients: app.directory().watch_changes(),
            is_stopping: app.live().watch_stop(),
            _place: place,
        }
    }

    /// Waits for news.
    pub(super) async fn next(&mut self) -> Next {
        loop {
            if let Some(end) = self.wait().await {
                return end;
            }
            // Before anything is read, so that what is stored meanwhile is seen the next time.
            self.version.mark_unchanged();
            let began = Instant::now();
            let (response, holds_until) = self.ask().await;
            let took = began.elapsed();
            let now = Instant::now();
            self.rests_until = now + self.app.config().live_pause().max(took * REST);
            self.due = self.clock_pause(holds_until).map(|pause| now + pause);
            if self.told.is_behind() && response.errors.is_empty() {
                (self.rests_until, self.due) = (now, Some(now));
            }
            let is_first = self.last.is_none();
            if self.is_news(&response) {
                return if is_first { answer_or_refusal(response) } else { Next::Answer(response) };
            }
        }
    }

    async fn ask(&self) -> (Arc<Response>, DateTime<Utc>) {
        let Asked { text, variables, operation_name, subject } = &self.asked;
        let mut request = Request::new(text.as_str()).variables(variables.clone());
        if let Some(name) = operation_name {
            request = request.operation_name(name.as_str());
        }
        if !self.app.may_introspect(&self.client) {
            request = request.disable_introspection();
        }
        let caller = self.app.caller(self.client.project, self.client.right);
        match subject {
            Subject::Answer => {
                let answer = self.app.answer_subscribed(request, caller).await;
                (answer.response, answer.holds_until)
            }
            Subject::NewEvents => {
                let request = with_caller(request.data(Arc::clone(&self.told)), caller);
                (Arc::new(self.app.run_subscribed(request).await), DateTime::<Utc>::MAX_UTC)
            }
        }
    }

    fn is_news(&mut self, response: &Response) -> bool {
        let body = serde_json::to_vec(response).unwrap_or_default();
        let hash: [u8; 32] = Sha256::digest(body).into();
        let is_other = self.last != Some(hash);
        match self.asked.subject {
            // Each page of events has a cursor of its own; the first one tells that it has begun.
            Subject::NewEvents if response.errors.is_empty() => {
                let is_first = self.last.replace(hash).is_none();
                is_first || self.told.has_events()
            }
            _ => {
                self.last = Some(hash);
                is_other
            }
        }
    }

    /// How long an answer stands as far as the clock is concerned; `None`: for good.
    fn clock_pause(&self, holds_until: DateTime<Utc>) -> Option<Duration> {
        if holds_until == DateTime::<Utc>::MAX_UTC {
            return None;
        }
        let left = (holds_until - self.app.clock().now()).to_std().unwrap_or_default();
        Some(left.clamp(CLOCK_PAUSE, LONGEST_PAUSE))
    }

    /// Waits until it is to be asked; tells if it ends before.
    async fn wait(&mut self) -> Option<Next> {
        let mut is_due = false;
        loop {
            if *self.is_stopping.borrow() {
                return Some(Next::Stopping);
            }
            self.clients.mark_unchanged();
            if !self.may_come_in() {
                return Some(Next::Revoked);
            }
            let now = Instant::now();
            is_due = is_due || self.due.is_some_and(|due| due <= now);
            if is_due && self.rests_until <= now {
                return None;
            }
            let alarm = if is_due { Some(self.rests_until) } else { self.due };
            let rings = async {
                match alarm {
                    Some(alarm) => sleep_until(alarm).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // The senders live as long as the app, which this holds.
                _ = self.is_stopping.changed() => {}
                _ = self.clients.changed() => {}
                _ = self.version.changed(), if !is_due => is_due = true,
                () = rings => {}
            }
        }
    }

    /// Whether the client is still who it was.
    fn may_come_in(&self) -> bool {
        let known = self.app.directory().client(&self.client.id);
        let was = &self.client;
        known.is_some_and(|known| {
            known.revoked_at.is_none()
                && known.project == was.project
                && known.right == was.right
                && known.secret_sha256 == was.secret_sha256
        })
    }
}
