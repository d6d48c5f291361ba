//! Reads a request's body up to a limit, as the raw bytes that were sent.

use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use thiserror::Error;
use tokio::time::timeout;

/// How long a body may take to arrive. The largest that is read, a delivery of 3 MB, needs no more than 100 kB a second for it.
const PATIENCE: Duration = Duration::from_secs(30);

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
    /// Not all of it came within [`PATIENCE`].
    #[error("the body did not arrive within {} s", PATIENCE.as_secs())]
    Slow,
}

/// The whole body, if it has at most `limit` bytes.
///
/// # Errors
/// [`BodyError`].
pub async fn read(headers: &HeaderMap, payload: Payload, limit: usize) -> Result<Bytes, BodyError> {
    read_within(PATIENCE, headers, payload, limit).await
}

async fn read_within(patience: Duration, headers: &HeaderMap, payload: Payload, limit: usize) -> Result<Bytes, BodyError> {
    let plain = |value: &header::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).all(plain) {
        return Err(BodyError::Encoded);
    }
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge(limit));
    }
    timeout(patience, collect(payload, limit)).await.unwrap_or(Err(BodyError::Slow))
}

/// Takes memory as the bytes come and not as they are announced.
async fn collect(mut payload: Payload, limit: usize) -> Result<Bytes, BodyError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::FromRequest;
    use actix_web::error::PayloadError;
    use actix_web::http::header::HeaderMap;
    use actix_web::test::TestRequest;
    use actix_web::web::{Bytes, Payload};
    use futures_util::stream::{self, Stream, StreamExt};

    use super::{BodyError, read_within};

    async fn read(chunks: impl Stream<Item = Result<Bytes, PayloadError>> + 'static, patience: Duration) -> Result<Bytes, BodyError> {
        let mut sent = actix_web::dev::Payload::from(chunks.boxed_local());
        let payload = Payload::from_request(&TestRequest::default().to_http_request(), &mut sent).await.unwrap();
        read_within(patience, &HeaderMap::new(), payload, 4).await
    }

    #[actix_web::test]
    async fn a_body_is_bounded_in_length_and_in_time() {
        let chunks = |texts: &'static [&'static str]| stream::iter(texts.iter().map(|text| Ok(Bytes::from_static(text.as_bytes()))));
        let long = Duration::from_secs(60);
        assert_eq!(read(chunks(&["ab", "cd"]), long).await, Ok(Bytes::from_static(b"abcd")));
        assert_eq!(read(chunks(&["ab", "cde"]), long).await, Err(BodyError::TooLarge(4)));
        assert_eq!(read(chunks(&["ab"]).chain(stream::iter([Err(PayloadError::Incomplete(None))])), long).await, Err(BodyError::Broken));
        let stalled = chunks(&["ab"]).chain(stream::pending());
        assert_eq!(read(stalled, Duration::from_millis(20)).await, Err(BodyError::Slow));
    }
}
