//! Encrypted connections: the server's certificate, read from files and read anew when they change.

use crate::config::Config;
use axum_server::tls_rustls::RustlsConfig;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: RustlsConfig,
}

impl Tls {
    /// Reads the certificate that the configuration names, if it names one.
    pub async fn read(config: &Config) -> Result<Option<Self>, Error> {
        let (Some(certificate), Some(key)) = (config.tls_cert.clone(), config.tls_key.clone()) else {
            return Ok(None);
        };
        let (chain, secret) = (content(&certificate, "--tls-cert")?, content(&key, "--tls-key")?);
        let config = RustlsConfig::from_pem(chain, secret).await.map_err(|error| {
            let (certificate, key) = (certificate.display(), key.display());
            let message = format!(
                "{certificate} and {key} are no certificate with its key in PEM ({error}); give both with --tls-cert and --tls-key"
            );
            Error::new(ErrorKind::InvalidData, message)
        })?;
        Ok(Some(Self { certificate, key, config }))
    }

    /// What connections are encrypted with.
    pub(super) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Reads the files anew whenever they change, for ever. What cannot be used is told once, and the certificate
    /// before it stays.
    pub(super) async fn keep_fresh(self) {
        let mut seen = self.seen();
        let mut wrong = None;
        loop {
            tokio::time::sleep(LOOKED_AT_EVERY).await;
            let now = self.seen();
            // A change that was half written when it was read is read again.
            if now == seen && wrong.is_none() {
                continue;
            }
            match self.config.reload_from_pem_file(&self.certificate, &self.key).await {
                Ok(()) => {
                    tracing::info!(file = %self.certificate.display(), "the certificate was read anew");
                    wrong = None;
                }
                Err(error) if wrong.as_ref() != Some(&now) => {
                    tracing::warn!(%error, file = %self.certificate.display(), "the certificate cannot be used");
                    wrong = Some(now);
                }
                Err(_) => {}
            }
            seen = now;
        }
    }

    /// When the files were changed, and how long they are.
    fn seen(&self) -> [Option<(SystemTime, u64)>; 2] {
        [&self.certificate, &self.key].map(|file| {
            let metadata = fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }
}

fn content(file: &Path, flag: &str) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(|error| {
        Error::new(error.kind(), format!("{flag}: {} cannot be read: {error}", file.display()))
    })
}
