//! Whether the process lives and can do its work, and its figures.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::state::State;
use super::viewer;
use crate::auth;
use crate::service::{Services, instance};

/// How long each part may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer stands for all who ask: whoever asks a thousand times a second makes no work for the database.
const STANDS: Duration = Duration::from_secs(1);

/// The parts that a request needs, and whether each is there.
#[derive(Clone, Copy, Debug)]
struct Parts {
    database: bool,
    migrations: bool,
    queue: bool,
    secret: bool,
}

/// What the parts said last, and when. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Said(Arc<Mutex<Option<(Instant, Parts)>>>);

impl Said {
    /// What the parts say, or said a moment ago. One asks for all.
    async fn now(&self, services: &Services) -> Parts {
        let mut said = self.0.lock().await;
        match *said {
            Some((at, parts)) if at.elapsed() < STANDS => parts,
            _ => {
                let parts = ask(services).await;
                *said = Some((Instant::now(), parts));
                parts
            }
        }
    }
}

/// `GET /health/live`: the process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "live" }))
}

/// `GET /health/ready`: every part that a request needs is there. Says which is not; why not is in the log. Never waits for a write.
///
/// The queue is told and decides nothing: without it deliveries are stored and requests answered as before, and their work waits for the sweeper (QU-1). Were
/// it to decide, a balancer would take all servers out at once for what none of them needs.
pub async fn ready(state: web::Data<State>) -> HttpResponse {
    let Parts { database, migrations, queue, secret } = state.said.now(&state.services).await;
    let running = !state.stopping.is_cancelled();
    let all = database && migrations && secret && running;
    let word = |good: bool| if good { "ok" } else { "failing" };
    let parts = json!({ "database": word(database), "migrations": word(migrations), "queue": word(queue), "secret": word(secret) });
    let status = match (running, all, queue) {
        (false, ..) => "stopping",
        (true, true, true) => "ready",
        (true, true, false) => "degraded",
        (true, false, _) => "not ready",
    };
    let mut response = if all { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(json!({ "status": status, "parts": parts }))
}

async fn ask(services: &Services) -> Parts {
    let migrations = async {
        match services.db.pending_migrations().await {
            Ok(0) => Ok(()),
            Ok(pending) => Err(format!("{pending} changes of the schema are not applied; run `tributary migrate`")),
            Err(error) => Err(error.to_string()),
        }
    };
    let database = async {
        services.db.ping().await.map_err(|error| error.to_string())?;
        if services.db.writes().await { Ok(()) } else { Err("somebody else holds the database, or it takes no writes".to_owned()) }
    };
    let queue = async { services.queue.healthy().await.map_err(|error| error.to_string()) };
    let secret = async { instance::check(services).await.map_err(|error| error.to_string()) };
    let (database, migrations, queue, secret) =
        tokio::join!(part("database", database), part("migrations", migrations), part("queue", queue), part("secret", secret));
    Parts { database, migrations, queue, secret }
}

async fn part(name: &'static str, asked: impl Future<Output = Result<(), String>>) -> bool {
    let answer = timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
    if let Err(why) = &answer {
        tracing::warn!(part = name, why, "not ready");
    }
    answer.is_ok()
}

/// `GET /metrics`: figures in Prometheus's text form, for who has the token if one is set.
pub async fn metrics(state: web::Data<State>, request: HttpRequest) -> HttpResponse {
    if let Some(token) = &state.services.settings.metrics_token {
        let given = request.headers().get(header::AUTHORIZATION).and_then(|value| viewer::bearer(value.to_str().ok()?));
        let allowed = given.is_some_and(|given| auth::same(given.expose_secret().as_bytes(), token.expose_secret().as_bytes()));
        if !allowed {
            return HttpResponse::Unauthorized().insert_header((header::WWW_AUTHENTICATE, "Bearer")).finish();
        }
    }
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")).body(state.metrics.render())
}
