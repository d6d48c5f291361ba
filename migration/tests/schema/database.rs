//! The databases that the schema is tried on.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use uuid::Uuid;

/// A PostgreSQL server on which databases may be made, unless the environment names another.
const ADMIN_URL: &str = "postgres://root@127.0.0.1:5432/postgres";

/// An empty SQLite database in memory. One connection, as each new one would be a database of its own.
pub async fn sqlite() -> DatabaseConnection {
    connect("sqlite::memory:", 1).await
}

/// Runs `test` on an empty PostgreSQL database, which is dropped afterwards, also when the test fails.
pub async fn on_postgres<F: Future<Output = ()> + Send + 'static>(test: impl FnOnce(DatabaseConnection) -> F) {
    let admin_url = std::env::var("TRIBUTARY_TEST_POSTGRES").unwrap_or_else(|_| ADMIN_URL.to_owned());
    let (server, _) = admin_url.rsplit_once('/').expect("the URL names a database");
    let name = format!("tributary_schema_{}", Uuid::now_v7().simple());
    let admin = connect(&admin_url, 1).await;
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let database = connect(&format!("{server}/{name}"), 2).await;
    let outcome = tokio::spawn(test(database.clone())).await;
    database.close().await.unwrap();
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    outcome.unwrap();
}

async fn connect(url: &str, connections: u32) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}
