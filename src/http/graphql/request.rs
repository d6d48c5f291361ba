//! From the bytes of a request to its parameters, strictly: a wrong type is an error and never ignored.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::failure::Failure;

/// The longest body, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// The parameters of a request.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Parameters {
    /// The document.
    #[serde(default)]
    pub query: Option<String>,
    /// The name of a trusted document, in place of it.
    #[serde(default, rename = "documentId")]
    pub document_id: Option<String>,
    /// Which operation of it.
    #[serde(default, rename = "operationName")]
    pub operation_name: Option<String>,
    /// Values for its variables.
    #[serde(default)]
    pub variables: Option<Map<String, Value>>,
    /// For protocols on top. Of these only the one by which some clients name a document is used.
    #[serde(default)]
    pub extensions: Option<Map<String, Value>>,
}

impl Parameters {
    /// The name of the document, if it is named and not sent.
    #[must_use]
    pub fn named(&self) -> Option<&str> {
        let in_extensions = || self.extensions.as_ref()?.get("persistedQuery")?.get("sha256Hash")?.as_str();
        self.document_id.as_deref().or_else(in_extensions)
    }
}

/// Refuses bodies that are not declared as JSON in UTF-8. Other types could be sent by a foreign page without asking (CSRF).
///
/// # Errors
/// Status 415.
pub fn check_content_type(headers: &HeaderMap) -> Result<(), Failure> {
    let mut values = headers.get_all(header::CONTENT_TYPE);
    let declared = values.next().and_then(|value| value.to_str().ok()).filter(|_| values.next().is_none());
    let is_json = declared.is_some_and(|declared| {
        let mut parts = declared.split(';').map(str::trim);
        let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
        let utf8 = |value: &str| value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8");
        let charsets = parts.filter_map(|part| part.split_once('=')).filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
        is_json && charsets.map(|(_, value)| value).all(utf8)
    });
    if is_json {
        return Ok(());
    }
    let message = "send the request as application/json in UTF-8";
    Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message))
}

/// Reads the body of a POST.
///
/// # Errors
/// Status 400.
pub fn of_body(body: &[u8]) -> Result<Parameters, Failure> {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(Failure::bad_request("batches are not served; send one operation a request"));
    }
    serde_json::from_slice(body).map_err(|error| explain(&error)).and_then(sane)
}

/// Reads parameters that came over a socket.
///
/// # Errors
/// As [`of_body`].
pub fn of_value(value: Value) -> Result<Parameters, Failure> {
    serde_json::from_value(value).map_err(|error| explain(&error)).and_then(sane)
}

/// There has to be a document. PostgreSQL cannot store the character U+0000, so no text may hold it, wherever it would end up.
fn sane(parameters: Parameters) -> Result<Parameters, Failure> {
    if parameters.query.is_none() && parameters.named().is_none() {
        return Err(Failure::bad_request("the parameters are wrong: there is neither a query nor a documentId"));
    }
    let in_document = ["\0", "\\u0000"].iter().any(|nul| parameters.query.as_ref().is_some_and(|query| query.contains(nul)));
    let in_variables = parameters.variables.iter().flat_map(Map::iter).any(|(name, value)| name.contains('\0') || holds_nul(value));
    if in_document || in_variables {
        return Err(Failure::bad_request("no text may hold the character U+0000"));
    }
    Ok(parameters)
}

/// Bounded in depth by the reader of JSON.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// Reads the query string of a GET.
///
/// # Errors
/// Status 400.
pub fn of_query(text: &str) -> Result<Parameters, Failure> {
    let mut object = Map::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let value = match &*name {
            "query" | "operationName" | "documentId" => Value::String(value.into_owned()),
            // Empty stands for absent, as forms send it.
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => {
                serde_json::from_str(&value).map_err(|_| Failure::bad_request(format!("the parameter {name} is not JSON")))?
            }
            _ => continue,
        };
        if object.insert(name.clone().into_owned(), value).is_some() {
            return Err(Failure::bad_request(format!("the parameter {name} is there twice")));
        }
    }
    of_value(Value::Object(object))
}

/// The message of the reader names what was expected, and holds values that the client itself sent.
fn explain(error: &serde_json::Error) -> Failure {
    if error.is_data() {
        return Failure::bad_request(format!("the parameters are wrong: {error}"));
    }
    Failure::bad_request("the body is not a JSON object in UTF-8")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
    use rstest::rstest;
    use serde_json::json;

    use super::{Parameters, check_content_type, of_body, of_query};

    #[rstest]
    #[case(&["application/json"], true)]
    #[case(&["Application/JSON ; charset=\"UTF-8\""], true)]
    #[case(&[], false)]
    #[case(&["text/plain"], false)]
    #[case(&["application/x-www-form-urlencoded"], false)]
    #[case(&["multipart/form-data; boundary=x"], false)]
    #[case(&["application/json; charset=utf-16"], false)]
    #[case(&["application/json", "text/plain"], false)]
    #[case(&["application/jsonp"], false)]
    #[case(&["text/plain, application/json"], false)]
    fn only_json_is_read(#[case] lines: &[&str], #[case] accepted: bool) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CONTENT_TYPE, HeaderValue::from_str(line).unwrap());
        }
        assert_eq!(check_content_type(&headers).is_ok(), accepted, "{lines:?}");
    }

    #[rstest]
    #[case(r#"{"query":"{a}"}"#, true)]
    #[case(r#"{"query":"{a}","operationName":null,"variables":null,"extensions":null,"more":1}"#, true)]
    #[case(r#"{"query":"{a}","variables":{"a":1}}"#, true)]
    #[case("", false)]
    #[case("{", false)]
    #[case(r#"[{"query":"{a}"}]"#, false)]
    #[case("{}", false)]
    #[case(r#"{"query":1}"#, false)]
    #[case(r#"{"documentId":"abc"}"#, true)]
    #[case(r#"{"documentId":1}"#, false)]
    #[case(r#"{"query":null}"#, false)]
    #[case(r#"{"extensions":{"persistedQuery":{"sha256Hash":"abc"}}}"#, true)]
    #[case(r#"{"extensions":{"persistedQuery":"abc"}}"#, false)]
    #[case(r#"{"query":"{a}","variables":[]}"#, false)]
    #[case(r#"{"query":"{a}","variables":"{}"}"#, false)]
    #[case(r#"{"query":"{a}","operationName":0}"#, false)]
    #[case(r#"{"query":"{a}","extensions":false}"#, false)]
    #[case("{\"query\":\"\u{fffd}", false)]
    fn bodies_are_read_strictly(#[case] body: &str, #[case] accepted: bool) {
        assert_eq!(of_body(body.as_bytes()).is_ok(), accepted, "{body}");
    }

    #[test]
    fn a_body_that_is_not_utf_8_is_refused() {
        assert!(of_body(b"{\"query\":\"\xff\"}").is_err());
    }

    #[test]
    fn query_strings_are_read() {
        let read = of_query("query=%7Ba%7D&variables=%7B%22x%22%3A1%7D&operationName=o&utm=1").unwrap();
        let variables = json!({ "x": 1 }).as_object().cloned();
        let (query, operation_name) = (Some("{a}".to_owned()), Some("o".to_owned()));
        let expected = Parameters { query, document_id: None, operation_name, variables, extensions: None };
        assert_eq!(read, expected);
        for wrong in ["", "query=a&query=b", "query=a&variables=x", "query=a&variables=[]", "variables=%7B%7D"] {
            assert!(of_query(wrong).is_err(), "{wrong}");
        }
    }

    #[rstest]
    #[case(r#"{"query":"{ a(b: \"\\u0000\") }"}"#)]
    #[case(r#"{"query":"{ a }\u0000"}"#)]
    #[case(r#"{"query":"{ a }","variables":{"a":[{"b":"c\u0000"}]}}"#)]
    #[case(r#"{"query":"{ a }","variables":{"a":{"b\u0000":1}}}"#)]
    fn what_postgresql_cannot_store_is_refused(#[case] body: &str) {
        let failure = of_body(body.as_bytes()).unwrap_err();
        assert!(failure.message.contains("U+0000"), "{}", failure.message);
    }
}
