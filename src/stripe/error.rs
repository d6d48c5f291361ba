//! Why a call to Stripe gave no answer, and whether to try again.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// Why a read failed. Holds nothing of the answer but what is named here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The key may not read this. Grant the permission, then read again.
    #[error("the key lacks a permission ({})", permission.as_deref().unwrap_or("Stripe does not name it"))]
    Permission {
        /// Stripe's name of it, such as `rak_invoice_read`, where the answer names one.
        permission: Option<String>,
    },
    /// The key is not valid, not any more, or not for this account (S14).
    #[error("Stripe does not accept the key for this account")]
    Unauthorised,
    /// There is no such object in this account and mode.
    #[error("there is no such object in this account and mode")]
    NotFound,
    /// There is no such object in this mode, and one in the other.
    #[error("there is no such object in this mode, and one in the other")]
    OtherMode,
    /// Too many calls at once.
    #[error("Stripe asks for fewer calls")]
    RateLimited {
        /// How long Stripe asks to wait, where it says so.
        retry_after: Option<Duration>,
    },
    /// No answer, a late answer, or a fault on Stripe's side.
    #[error("Stripe could not be reached or could not answer")]
    Transient {
        /// The status of the answer, where there was one.
        status: Option<u16>,
    },
    /// Stripe understood and refuses: a fault of ours, which the same request meets again.
    #[error("Stripe refuses the request with status {status}")]
    Refused {
        /// The status of the answer.
        status: u16,
    },
    /// The answer is not what the API promises, or too large.
    #[error("the answer cannot be used: {0}")]
    Malformed(&'static str),
    /// The id has a form that no id of Stripe has; nothing was asked.
    #[error("not an id of this kind")]
    BadId,
}

impl ReadError {
    /// Whether the same read may succeed later without anybody's doing.
    #[must_use]
    pub const fn retry(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Transient { .. })
    }

    /// How long Stripe asks to wait before the next try.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// Reads an answer that is no success. `Stripe-Should-Retry` decides about retrying where Stripe sends it.
    pub(super) fn of_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let error =
            serde_json::from_slice::<Value>(body).ok().and_then(|mut body| body.get_mut("error").map(Value::take)).unwrap_or_default();
        let code = error.get("code").and_then(Value::as_str);
        let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
        let should_retry = header(headers, "stripe-should-retry");
        match status {
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited { retry_after: retry_after(headers) },
            StatusCode::UNAUTHORIZED => Self::Unauthorised,
            StatusCode::FORBIDDEN => Self::of_forbidden(code, message),
            _ if code == Some("resource_missing") && message.contains("similar object exists in") => Self::OtherMode,
            StatusCode::NOT_FOUND => Self::NotFound,
            _ if code == Some("resource_missing") => Self::NotFound,
            _ if should_retry == Some("true") => Self::Transient { status: Some(status.as_u16()) },
            _ if should_retry == Some("false") => Self::Refused { status: status.as_u16() },
            StatusCode::CONFLICT | StatusCode::FAILED_DEPENDENCY => Self::Transient { status: Some(status.as_u16()) },
            _ if status.is_server_error() => Self::Transient { status: Some(status.as_u16()) },
            _ => Self::Refused { status: status.as_u16() },
        }
    }

    /// A restricted key without a permission, or a key that has nothing to do with the account. Answers before 2025 had no code.
    fn of_forbidden(code: Option<&str>, message: &str) -> Self {
        let permission = permission(message);
        let restricted = message.contains("required permissions") || message.contains("restricted key");
        if code == Some("more_permissions_required") || permission.is_some() || restricted {
            return Self::Permission { permission };
        }
        Self::Unauthorised
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Only the form in seconds: Stripe sends no dates. Never more than an hour.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    header(headers, "retry-after").and_then(|text| text.parse::<u64>().ok()).map(|seconds| Duration::from_secs(seconds.min(3600)))
}

/// The permission that a message names: "Having the 'rak_customer_read' permission would allow this request to continue."
fn permission(message: &str) -> Option<String> {
    let start = message.find("rak_")?;
    let name: String =
        message[start..].chars().take(64).take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect();
    Some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, headers: &[(&'static str, &'static str)], error: &Value) -> ReadError {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        ReadError::of_answer(StatusCode::from_u16(status).unwrap(), &headers, json!({ "error": error }).to_string().as_bytes())
    }

    #[test]
    fn a_missing_permission_is_named() {
        let message = "The provided key 'rk_test_*1234' does not have access. Having the 'rak_invoice_read' permission would allow this.";
        let named = ReadError::Permission { permission: Some("rak_invoice_read".into()) };
        assert_eq!(read(403, &[], &json!({ "code": "more_permissions_required", "message": message })), named);
        let old = "The required permissions are not available for use by restricted keys";
        assert_eq!(read(403, &[], &json!({ "message": old })), ReadError::Permission { permission: None });
        assert_eq!(read(403, &[], &json!({ "code": "account_invalid", "message": "no access to acct_1" })), ReadError::Unauthorised);
    }

    #[test]
    fn each_answer_says_whether_to_try_again() {
        let none = json!({});
        for (error, expected, retry) in [
            (read(401, &[], &none), ReadError::Unauthorised, false),
            (read(404, &[], &none), ReadError::NotFound, false),
            (read(400, &[], &json!({ "code": "resource_missing" })), ReadError::NotFound, false),
            (
                read(
                    404,
                    &[],
                    &json!({ "code": "resource_missing", "message": "No such charge: 'ch_1'; a similar object exists in live mode" }),
                ),
                ReadError::OtherMode,
                false,
            ),
            (read(400, &[], &none), ReadError::Refused { status: 400 }, false),
            (read(302, &[], &none), ReadError::Refused { status: 302 }, false),
            (read(409, &[], &none), ReadError::Transient { status: Some(409) }, true),
            (read(500, &[], &none), ReadError::Transient { status: Some(500) }, true),
            (read(500, &[("stripe-should-retry", "false")], &none), ReadError::Refused { status: 500 }, false),
            (read(400, &[("stripe-should-retry", "true")], &none), ReadError::Transient { status: Some(400) }, true),
            (read(429, &[], &none), ReadError::RateLimited { retry_after: None }, true),
        ] {
            assert_eq!(error, expected);
            assert_eq!(error.retry(), retry, "{error}");
        }
        let limited = read(429, &[("retry-after", "7")], &none);
        assert_eq!(limited.retry_after(), Some(Duration::from_secs(7)));
    }

    #[test]
    fn an_answer_that_is_no_json_is_still_judged() {
        let error = ReadError::of_answer(StatusCode::BAD_GATEWAY, &HeaderMap::new(), b"<html>");
        assert_eq!(error, ReadError::Transient { status: Some(502) });
    }
}
