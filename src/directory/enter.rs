//! Who is let in: what a request shows of a client, and what becomes of it.

use super::meter::{Allowance, whole_seconds};
use super::{Client, Directory, Member, origin, secret};
use crate::domain::identity::{ProjectKey, Right};
use std::net::IpAddr;
use std::sync::Arc;

/// Somebody who was let in.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The tenant.
    pub project: ProjectKey,
    /// What this request may do; without the secret no more than to send data.
    pub right: Right,
    /// Whether the secret was shown, and right.
    pub is_proven: bool,
    /// What the client may still ask; `None`: as much as it likes.
    pub allowance: Option<Allowance>,
}

/// Why somebody was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Nobody knows the client, or the secret is wrong.
    Unknown(&'static str),
    /// Too many wrong secrets came before; after so many seconds the next one is looked at.
    MustWait(u64),
    /// The client asks too often.
    TooOften(Allowance),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(reason) => f.write_str(reason),
            Self::MustWait(seconds) => {
                write!(f, "Too many wrong secrets came for this client from here; try again in {seconds} s")
            }
            Self::TooOften(Allowance { per_minute, wait_seconds, .. }) => {
                let wait = wait_seconds.unwrap_or(1);
                write!(f, "This client may make {per_minute} requests a minute; try again in {wait} s")
            }
        }
    }
}

impl Directory {
    /// Lets in whoever knows a client's secret. `peer` is where the request comes from.
    pub fn enter(
        self: &Arc<Self>,
        id: &str,
        secret: Option<&str>,
        peer: Option<IpAddr>,
    ) -> Result<Entry, Refused> {
        let member = self.live_member(id)?;
        let secret = secret.ok_or(Refused::Unknown("Missing client secret"))?;
        self.prove(&member, secret, peer)?;
        self.admit(&member, true)
    }

    /// Lets in whoever may send data: by secret, or by the origin of a web page.
    pub fn enter_to_send(
        self: &Arc<Self>,
        id: &str,
        secret: Option<&str>,
        origin: Option<&str>,
        peer: Option<IpAddr>,
    ) -> Result<Entry, Refused> {
        let member = self.live_member(id)?;
        let proof = secret.map(|secret| self.prove(&member, secret, peer));
        let is_proven = matches!(proof, Some(Ok(())));
        let is_at_home = || origin.is_some_and(|origin| origin::allows(&member.client.origins, origin));
        if !is_proven && !is_at_home() {
            return Err(match proof {
                Some(Err(wait @ Refused::MustWait(_))) => wait,
                _ => Refused::Unknown("Invalid cors or secret"),
            });
        }
        if !member.client.right.may_write() {
            return Err(Refused::Unknown("This client may not write; use one with the right WRITE or ADMIN"));
        }
        self.admit(&member, is_proven)
    }

    /// Lets in whoever was let in with this client before, and whose session still stands.
    pub fn enter_again(self: &Arc<Self>, client: &Client) -> Result<Entry, Refused> {
        self.admit(&self.live_member(&client.id)?, true)
    }

    fn live_member(&self, id: &str) -> Result<Member, Refused> {
        let is_uuid = uuid::Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id);
        if !is_uuid {
            return Err(Refused::Unknown("Client ID must be a valid UUID in lower case"));
        }
        let member = self.member(id).ok_or(Refused::Unknown("Invalid client id"))?;
        match member.client.revoked_at {
            None => Ok(member),
            Some(_) => Err(Refused::Unknown("This client was revoked")),
        }
    }

    /// Fails unless a secret is the client's, and had not to wait.
    fn prove(&self, member: &Member, secret: &str, peer: Option<IpAddr>) -> Result<(), Refused> {
        let (id, now) = (&member.client.id, self.elapsed());
        if let Some(wait) = self.attempts.wait(id, peer, now) {
            return Err(Refused::MustWait(whole_seconds(wait)));
        }
        if !secret::is_secret_of(&member.client, secret) {
            self.attempts.note_wrong(id, peer, now);
            return Err(Refused::Unknown("Invalid client secret"));
        }
        self.attempts.note_right(id, peer, now);
        Ok(())
    }

    /// Counts the request of a client that is let in.
    fn admit(self: &Arc<Self>, member: &Member, is_proven: bool) -> Result<Entry, Refused> {
        let meter = if is_proven { &member.traffic.proven } else { &member.traffic.browsers };
        let allowance = meter.take();
        if let Some(allowance) = allowance.filter(|allowance| allowance.wait_seconds.is_some()) {
            return Err(Refused::TooOften(allowance));
        }
        self.note_use(&member.traffic);
        let right = if is_proven { member.client.right } else { Right::Write };
        Ok(Entry { project: member.client.project, right, is_proven, allowance })
    }
}
