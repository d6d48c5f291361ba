//! A PostgreSQL database of its own for a test.

use sea_orm::{ConnectionTrait, Database};

/// Where the PostgreSQL of the tests is.
pub fn url() -> String {
    std::env::var("TRIBUTARY_TEST_POSTGRES").unwrap_or_else(|_| "postgres://root@127.0.0.1:5432/postgres".to_owned())
}

/// A database that is dropped in the end, also when the test fails.
pub struct OwnDatabase {
    name: String,
    pub url: String,
}

impl OwnDatabase {
    /// Panics with a clear sentence when PostgreSQL does not answer.
    pub async fn new() -> Self {
        let name = format!("tributary_test_{:032x}", rand::random::<u128>());
        let server = Database::connect(url()).await;
        let server = server.unwrap_or_else(|error| {
            panic!("the tests need a PostgreSQL at {} (start one, or set TRIBUTARY_TEST_POSTGRES): {error}", url())
        });
        server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database for the test");
        server.close().await.expect("a closed connection");
        let mut own = url::Url::parse(&url()).expect("TRIBUTARY_TEST_POSTGRES is an address");
        own.set_path(&name);
        Self { name, url: own.into() }
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A runtime of its own, as this one may be shutting down.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                if let Ok(server) = Database::connect(url()).await {
                    let _ = server.execute_unprepared(&statement).await;
                }
            });
        });
        let _ = dropping.join();
    }
}
