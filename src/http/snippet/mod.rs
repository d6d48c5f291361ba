//! `GET /t.js`: the tracking snippet, as it stands in `t.js`.

use std::io::Write;
use std::sync::LazyLock;

use actix_web::http::header::{self, EntityTag, Header, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::state;

/// The snippet.
pub const SOURCE: &str = include_str!("t.js");

/// The snippet compressed, and the name of this version of it.
static SERVED: LazyLock<(Option<Vec<u8>>, String)> = LazyLock::new(|| {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; if it did, the plain text would be served.
    let compressed = encoder.write_all(SOURCE.as_bytes()).and_then(|()| encoder.finish()).ok();
    (compressed, hex::encode(&Sha256::digest(SOURCE)[..8]))
});

/// `GET` and `HEAD /t.js`.
pub async fn script(request: HttpRequest) -> HttpResponse {
    let (compressed, version) = &*SERVED;
    let tag = EntityTag::new_strong(version.clone());
    let known = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Any) => request.headers().contains_key(header::IF_NONE_MATCH),
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|other| other.weak_eq(&tag)),
        Err(_) => false,
    };
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(header::ETag(EntityTag::new_weak(version.clone())))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((header::VARY, "accept-encoding"))
        // It stands on pages of other sites: that is what it is for.
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header(("cross-origin-resource-policy", "cross-origin"));
    if known {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, "text/javascript; charset=utf-8"));
    let takes_gzip = state::header(&request, "accept-encoding").is_some_and(takes_gzip);
    match compressed.as_ref().filter(|_| takes_gzip) {
        Some(compressed) => response.insert_header((header::CONTENT_ENCODING, "gzip")).body(compressed.clone()),
        None => response.body(SOURCE),
    }
}

fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = quality.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}
