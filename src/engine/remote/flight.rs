//! A client of Arrow Flight SQL: a statement there, Arrow here.
//!
//! `GetFlightInfo` runs the statement and answers when it is done, so the deadline is on all of it. Who goes away before
//! lets go of the connection's stream; the engine may go on for a while. So statements at once are counted here until
//! they are answered, failed or late.

use super::Settings;
use arrow::array::RecordBatch;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::{FlightEndpoint, Ticket};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tonic::Code;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

/// Bytes of one message, at most.
const MESSAGE_BYTES: usize = 256 << 20;
/// Parts of an answer that are fetched at once.
const PARTS: usize = 4;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// It cannot be reached, or lost what it worked on. Asked again it may answer.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It was too slow.
    #[error("it did not answer within {} s", .0.as_secs())]
    Late(Duration),
    /// It knows a table no more.
    #[error("it has forgotten a table: {0}")]
    Forgotten(String),
    /// The answer is larger than allowed.
    #[error("it sent more than {0} bytes")]
    TooLarge(u64),
    /// It refused the statement, or failed at it.
    #[error("it failed: {0}")]
    Failed(String),
}

impl From<FlightError> for Fault {
    fn from(error: FlightError) -> Self {
        let FlightError::Tonic(status) = error else { return Self::Failed(error.to_string()) };
        let message = status.message().to_owned();
        match status.code() {
            // Unknown it is where the connection broke while an answer was on its way.
            Code::Unavailable | Code::Aborted | Code::Cancelled | Code::Unknown => Self::Unreachable(message),
            _ if is_forgotten(&message) => Self::Forgotten(message),
            _ => Self::Failed(message),
        }
    }
}

/// Whether an engine says that there is no such table. There is no code for it.
fn is_forgotten(message: &str) -> bool {
    let message = message.to_lowercase();
    message.contains("table")
        && ["not found", "does not exist", "no such"].iter().any(|word| message.contains(word))
}

/// A client.
#[derive(Debug)]
pub(super) struct Flight {
    channel: Channel,
    authorization: Option<String>,
    permits: Semaphore,
    deadline: Duration,
    fetched_bytes: u64,
}

impl Flight {
    /// A client that connects when it is first asked; fails when the address is none, or the certificates are.
    pub(super) fn new(settings: &Settings) -> Result<Self, tonic::transport::Error> {
        Ok(Self {
            channel: endpoint(&settings.address, settings)?.connect_lazy(),
            authorization: settings.authorization.clone(),
            permits: Semaphore::new(settings.parallel.max(1)),
            deadline: settings.deadline,
            fetched_bytes: settings.fetched_bytes,
        })
    }

    /// Says something that has no answer worth reading.
    pub(super) async fn tell(&self, sql: String) -> Result<(), Fault> {
        let mut client = self.client(self.channel.clone());
        let told = client.execute(sql, None);
        // Small, but it reads the end of files, which may be far away.
        match tokio::time::timeout(self.deadline, told).await {
            Ok(told) => told.map(drop).map_err(Fault::from),
            Err(_) => Err(Fault::Late(self.deadline)),
        }
    }

    /// The answer to a statement.
    pub(super) async fn ask(&self, sql: String) -> Result<Vec<RecordBatch>, Fault> {
        let asked = async {
            let _permit =
                self.permits.acquire().await.map_err(|_| Fault::Failed("it is closed".to_owned()))?;
            let info = self.client(self.channel.clone()).execute(sql, None).await?;
            let fetched = AtomicU64::new(0);
            let parts = stream::iter(info.endpoint).map(|part| self.fetch(part, &fetched));
            let batches: Vec<Vec<RecordBatch>> = parts.buffered(PARTS).try_collect().await?;
            Ok(batches.into_iter().flatten().collect())
        };
        tokio::time::timeout(self.deadline, asked).await.unwrap_or(Err(Fault::Late(self.deadline)))
    }

    /// One part of an answer, from whoever has it.
    async fn fetch(&self, part: FlightEndpoint, fetched: &AtomicU64) -> Result<Vec<RecordBatch>, Fault> {
        let elsewhere =
            part.location.iter().map(|location| location.uri.as_str()).find(|uri| !uri.is_empty());
        let channel = match elsewhere.filter(|uri| !uri.starts_with("arrow-flight-reuse-connection")) {
            None => self.channel.clone(),
            Some(_) => {
                return Err(Fault::Failed(
                    "it wants its answers fetched from its other machines; let it serve them itself"
                        .to_owned(),
                ));
            }
        };
        let ticket = part.ticket.unwrap_or_else(|| Ticket::new(""));
        let mut answer = self.client(channel).do_get(ticket).await?;
        let mut batches = Vec::new();
        while let Some(batch) = answer.next().await {
            let batch = batch?;
            let bytes = batch.get_array_memory_size() as u64;
            if fetched.fetch_add(bytes, Ordering::Relaxed) + bytes > self.fetched_bytes {
                return Err(Fault::TooLarge(self.fetched_bytes));
            }
            if batch.num_rows() > 0 {
                batches.push(batch);
            }
        }
        Ok(batches)
    }

    fn client(&self, channel: Channel) -> FlightSqlServiceClient<Channel> {
        let service = FlightServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES);
        let mut client = FlightSqlServiceClient::new_from_inner(service);
        if let Some(authorization) = &self.authorization {
            client.set_header("authorization", authorization);
        }
        client
    }
}

/// How an address is connected to: a machine that is gone is noticed within seconds.
fn endpoint(address: &str, settings: &Settings) -> Result<Endpoint, tonic::transport::Error> {
    let mut endpoint = Endpoint::from_shared(address.to_owned())?
        .connect_timeout(Duration::from_secs(3))
        .http2_keep_alive_interval(Duration::from_secs(5))
        .keep_alive_timeout(Duration::from_secs(5))
        .tcp_nodelay(true);
    if address.starts_with("https://") {
        let certificates = settings.ca.iter().map(Certificate::from_pem);
        endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificates(certificates))?;
    }
    Ok(endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: Code, message: &str) -> Fault {
        FlightError::from(tonic::Status::new(code, message)).into()
    }

    #[test]
    fn what_could_be_done_about_a_failure_is_told_from_its_code_and_words() {
        let forgotten =
            "failed to plan query: Error during planning: table 'datafusion.public.m_1' not found";
        assert!(matches!(fault(Code::InvalidArgument, forgotten), Fault::Forgotten(_)));
        assert!(matches!(fault(Code::Internal, "column x not found"), Fault::Failed(_)));
        assert!(matches!(fault(Code::Unavailable, "tcp connect error"), Fault::Unreachable(_)));
    }
}
