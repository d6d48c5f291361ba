//! The front door: which address leads to whom, and what every request has to pass. Handlers translate between HTTP and services;
//! none decides anything about money or attribution.

mod address;
mod around;
mod body;
mod connect;
mod door;
mod graphql;
mod health;
mod rate;
mod short_link;
mod snippet;
mod state;
mod strangers;
mod stripe_webhook;
mod track;
mod viewer;

use std::net::TcpListener;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::{Method, header};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use tracing_actix_web::TracingLogger;

use crate::service::link::SHORT_PATH;
use crate::service::stripe_connection::WEBHOOK_PATH;
use crate::service::stripe_connection::authorise::PATH;

pub use door::Door;
pub use graphql::Trusted;
pub use state::State;

/// How long requests that are being answered may take once the server stops, in seconds. Sockets and streams are told at once.
const FINISH_WITHIN: u64 = 8;
/// Where the figures are.
const FIGURES: &str = "/metrics";
/// How long a client may keep a connection that it does not use.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A server on a listener that is bound already. It stops by its handle; signals are the caller's.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(state: State, listener: TcpListener) -> std::io::Result<Server> {
    let data = Data::new(state);
    let server = HttpServer::new(move || {
        let app = App::new().app_data(Data::clone(&data)).configure(|config| routes(config, &data));
        app.wrap(from_fn(around::around)).wrap(TracingLogger::<around::Spans>::new())
    });
    Ok(server.keep_alive(KEEP_ALIVE).shutdown_timeout(FINISH_WITHIN).disable_signals().listen(listener)?.run())
}

/// Serves nothing but health and figures, for processes that are no front door. Runs until its handle stops it.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve_figures(state: State, listener: TcpListener) -> std::io::Result<Server> {
    let data = Data::new(state);
    let server = HttpServer::new(move || {
        App::new().app_data(Data::clone(&data)).configure(health_of).route(FIGURES, web::get().to(health::metrics))
    });
    Ok(server.workers(1).shutdown_timeout(FINISH_WITHIN).disable_signals().listen(listener)?.run())
}

/// What anybody who runs the process asks of it.
fn health_of(config: &mut ServiceConfig) {
    config.route("/health/live", web::get().to(health::live)).route("/health/ready", web::get().to(health::ready));
}

/// The route table.
fn routes(config: &mut ServiceConfig, state: &State) {
    let graphql = web::resource("/graphql")
        .wrap(Compress::default())
        .wrap(portals(state))
        .route(web::get().to(graphql::get))
        .route(web::post().to(graphql::post))
        .default_service(web::to(graphql::other_method));
    config
        .service(graphql)
        .route(&format!("{WEBHOOK_PATH}platform/{{mode}}"), web::post().to(stripe_webhook::platform))
        .route(&format!("{WEBHOOK_PATH}{{endpoint}}"), web::post().to(stripe_webhook::connection))
        .service(web::resource(PATH).route(web::get().to(connect::page)).route(web::post().to(connect::leave)))
        .route(&format!("{PATH}/callback"), web::get().to(connect::callback))
        .service(track("/track/click", web::post().to(track::click)))
        .service(track("/track/signup", web::post().to(track::sign_up)))
        .service(
            web::resource(format!("{SHORT_PATH}{{code}}"))
                .route(web::get().to(short_link::follow))
                .route(web::head().to(short_link::follow)),
        )
        .service(web::resource("/t.js").route(web::get().to(snippet::script)).route(web::head().to(snippet::script)))
        .configure(health_of);
    let settings = &state.services.settings;
    // Where the public reaches the same port, figures of the business are for who has the token.
    if settings.metrics_token.is_some() || !settings.is_production() {
        config.route(FIGURES, web::get().to(health::metrics));
    }
    if !settings.is_production() {
        let home = || async { HttpResponse::Found().insert_header((header::LOCATION, "/graphql")).finish() };
        config.route("/graphiql/{part}", web::get().to(graphql::asset)).route("/", web::get().to(home));
    }
    config.default_service(web::to(|| async { HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body("Not found\n") }));
}

fn track(path: &str, post: actix_web::Route) -> actix_web::Resource {
    web::resource(path).route(post).route(web::method(Method::OPTIONS).to(track::preflight))
}

/// Pages of portals may call the API; they present tokens, so no cookie goes along.
fn portals(state: &State) -> Cors {
    let allowed = state.services.settings.portal_origins.clone();
    Cors::default()
        .allowed_origin_fn(move |origin, _| origin.to_str().is_ok_and(|origin| allowed.iter().any(|one| one == origin)))
        .allowed_methods([Method::GET, Method::POST])
        .allowed_headers(["authorization", "content-type", "accept", viewer::MODE_HEADER])
        .expose_headers(["retry-after", "x-request-id"])
        .block_on_origin_mismatch(false)
        .max_age(3600)
}
