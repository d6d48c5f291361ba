//! Reads a request's body up to a limit, as the raw bytes that were sent.

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use thiserror::Error;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// Longer than allowed.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// Compressed: a small body could unfold to a large one.
    #[error("the body is compressed; send it as it is")]
    Encoded,
    /// The client went away or broke HTTP's own rules.
    #[error("the body ended early")]
    Broken,
}

/// The whole body, if it has at most `limit` bytes.
///
/// # Errors
/// [`BodyError`].
pub async fn read(headers: &HeaderMap, mut payload: Payload, limit: usize) -> Result<Bytes, BodyError> {
    let plain = |value: &header::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).all(plain) {
        return Err(BodyError::Encoded);
    }
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge(limit));
    }
    let mut body = BytesMut::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
