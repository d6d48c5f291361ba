//! `GraphiQL`, for development: the page and its parts, all served from here, so that it works on a closed network too.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

/// Only what is served from here runs. Styles may be inline: the editor sets them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
                      connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The parts: name, media type, whether it is compressed, bytes.
const PARTS: [(&str, &str, bool, &[u8]); 4] = [
    ("graphiql.css", "text/css; charset=utf-8", true, include_bytes!("../graphiql/graphiql.css.gz")),
    ("graphiql.js", "text/javascript; charset=utf-8", true, include_bytes!("../graphiql/graphiql.js.gz")),
    ("react.js", "text/javascript; charset=utf-8", true, include_bytes!("../graphiql/react.js.gz")),
    ("start.js", "text/javascript; charset=utf-8", false, include_bytes!("../graphiql/start.js")),
];

/// The page.
#[must_use]
pub fn page() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .body(include_str!("../graphiql/index.html"))
}

/// `GET /graphiql/{part}`.
pub async fn asset(part: web::Path<String>) -> HttpResponse {
    let Some((_, media_type, compressed, bytes)) = PARTS.iter().find(|(name, ..)| *name == part.as_str()) else {
        return HttpResponse::NotFound().finish();
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, *media_type)).insert_header((header::CACHE_CONTROL, "max-age=3600"));
    if *compressed {
        // Every browser in which GraphiQL runs takes it so.
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    response.body(*bytes)
}
