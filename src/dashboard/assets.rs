//! The stylesheet and the script, at addresses that change with what is in them, so that browsers keep them for ever.

use crate::app::App;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

/// A file of the pages.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

static ASSETS: [Asset; 2] = [
    Asset {
        name: "dashboard.css",
        media_type: "text/css; charset=utf-8",
        text: concat!(
            include_str!("assets/base.css"),
            include_str!("assets/parts.css"),
            include_str!("assets/charts.css"),
            include_str!("assets/explore.css")
        ),
    },
    Asset {
        name: "dashboard.js",
        media_type: "text/javascript; charset=utf-8",
        text: include_str!("assets/dashboard.js"),
    },
];

/// The names under which the files are served.
static SERVED: LazyLock<Vec<(String, &'static Asset)>> = LazyLock::new(|| {
    let named = |asset: &'static Asset| {
        let hash = Sha256::digest(asset.text).iter().take(6).fold(String::new(), |mut digits, byte| {
            // Writing to a text cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        (format!("{hash}-{}", asset.name), asset)
    };
    ASSETS.iter().map(named).collect()
});

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/dashboard/assets/{name}", get(asset))
}

/// Where a file is.
pub(super) fn address(name: &str) -> String {
    let served = SERVED.iter().find(|(_, asset)| asset.name == name).map(|(served, _)| served.as_str());
    format!("/dashboard/assets/{}", served.unwrap_or(name))
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some((_, asset)) = SERVED.iter().find(|(served, _)| *served == name) else {
        return (StatusCode::NOT_FOUND, "there is no such file; load the page again").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, asset.text).into_response()
}
