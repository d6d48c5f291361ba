//! Trusted documents (GQ-6): those that a portal was built with, known by name beforehand. Who browses may ask these and no others, so nobody who
//! opens the portal's page can think up a costly one.

use std::collections::HashMap;
use std::path::Path;

use actix_web::http::StatusCode;

use super::failure::Failure;
use super::request::Parameters;
use crate::config::SettingsError;
use crate::domain::access::Viewer;

/// What some clients write before the hash that names a document.
const HASH: &str = "sha256:";
/// Documents by their names. Without any, every document may be sent.
#[derive(Clone, Debug, Default)]
pub struct Trusted(Option<HashMap<String, String>>);

impl Trusted {
    /// Reads a file: a JSON object of names, such as hashes, with the text of each document. That is what the tools write with which portals are
    /// built.
    ///
    /// # Errors
    /// When there is no such file, or it holds something else.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        let Some(path) = file else { return Ok(Self::default()) };
        let wrong = |problem: &str| SettingsError {
            setting: "TRIBUTARY_TRUSTED_DOCUMENTS (--trusted-documents)".to_owned(),
            problem: format!("is {}, which {problem}", path.display()),
        };
        let text = std::fs::read(path).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
        let known: HashMap<String, String> =
            serde_json::from_slice(&text).map_err(|_| wrong("is no JSON object of names with the text of a document each"))?;
        Ok(Self(Some(known.into_iter().map(|(name, text)| (bare(&name).to_owned(), text)).collect())))
    }

    /// The document that a caller may have executed: the one named, or the one sent, which has to be one of these unless the caller is a server.
    ///
    /// # Errors
    /// [`Failure`] when it is not known, or there is none.
    pub fn document(&self, parameters: &mut Parameters, viewer: &Viewer) -> Result<String, Failure> {
        let refused = |code, message: &str| Err(Failure::new(StatusCode::BAD_REQUEST, code, message));
        if let Some(text) = parameters.query.take() {
            let may = matches!(viewer, Viewer::Server { .. });
            return match &self.0 {
                Some(known) if !may && !known.values().any(|one| *one == text) => {
                    refused("DOCUMENT_NOT_TRUSTED", "this instance executes only the documents of its portal; name one by documentId")
                }
                _ => Ok(text),
            };
        }
        let found = parameters.named().and_then(|name| self.0.as_ref()?.get(bare(name)));
        match found {
            Some(text) => Ok(text.clone()),
            None => {
                refused("DOCUMENT_NOT_FOUND", "no document is known by this name; the portal may be newer than the list of this instance")
            }
        }
    }
}

fn bare(name: &str) -> &str {
    name.strip_prefix(HASH).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::Trusted;
    use crate::domain::access::Viewer;
    use crate::http::graphql::request::of_value;

    fn loaded(text: &str) -> Result<Trusted, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("documents.json");
        std::fs::write(&file, text).unwrap();
        Trusted::load(Some(&file)).map_err(|error| error.to_string())
    }

    #[test]
    fn who_browses_may_ask_what_is_known_and_nothing_else() {
        let trusted = loaded(r#"{ "sha256:abc": "{ a }", "def": "{ d }" }"#).unwrap();
        let asked = |trusted: &Trusted, parameters| {
            trusted.document(&mut of_value(parameters).unwrap(), &Viewer::Public).map_err(|failure| failure.code)
        };
        for parameters in [
            json!({ "documentId": "sha256:abc" }),
            json!({ "documentId": "abc" }),
            json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "abc" } } }),
            json!({ "query": "{ a }" }),
        ] {
            assert_eq!(asked(&trusted, parameters), Ok("{ a }".to_owned()));
        }
        assert_eq!(asked(&trusted, json!({ "query": "{ b }" })), Err("DOCUMENT_NOT_TRUSTED"));
        assert_eq!(asked(&trusted, json!({ "documentId": "nobody" })), Err("DOCUMENT_NOT_FOUND"));
        assert_eq!(asked(&Trusted::default(), json!({ "query": "{ b }" })), Ok("{ b }".to_owned()));
        assert_eq!(asked(&Trusted::default(), json!({ "documentId": "abc" })), Err("DOCUMENT_NOT_FOUND"));
    }

    #[test]
    fn a_file_that_is_no_list_stops_the_start() {
        for text in ["", "[]", r#"{ "abc": 1 }"#] {
            assert!(loaded(text).is_err_and(|error| error.starts_with("TRIBUTARY_TRUSTED_DOCUMENTS") && error.contains("no JSON object")));
        }
        assert!(Trusted::load(Some(Path::new("/nowhere"))).is_err());
    }
}
