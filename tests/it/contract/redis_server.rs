//! The Redis of the tests, and a corner of it for each test. Others use the same server: nothing but the own keys may be
//! touched.

/// Where the Redis of the tests is.
pub fn url() -> String {
    std::env::var("TRIBUTARY_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned())
}

/// A prefix of its own; its keys are deleted in the end, also when the test fails.
pub struct Corner {
    pub prefix: String,
    client: redis::Client,
}

impl Corner {
    /// Panics with a clear sentence when Redis does not answer: a contract that was not tried is not kept.
    pub fn new() -> Self {
        let client = redis::Client::open(url()).expect("TRIBUTARY_TEST_REDIS is no address of a Redis");
        let corner = Self { prefix: format!("test-{:032x}", rand::random::<u128>()), client };
        let answer: redis::RedisResult<String> = redis::cmd("PING").query(&mut corner.connection());
        answer.unwrap_or_else(|error| panic!("the Redis of the tests at {} does not answer PING: {error}", url()));
        corner
    }

    /// A connection past the code under test.
    pub fn connection(&self) -> redis::Connection {
        self.client.get_connection().unwrap_or_else(|error| {
            panic!("the tests need a Redis at {} (start one, or set TRIBUTARY_TEST_REDIS to where one is): {error}", url())
        })
    }

    /// The key of the queue's stream.
    pub fn jobs(&self) -> String {
        format!("{}:{{queue}}:jobs", self.prefix)
    }

    /// Deletes every key of this test, as if the server had been flushed.
    pub fn flush(&self) {
        let mut connection = self.connection();
        let mut scan = redis::cmd("SCAN");
        scan.cursor_arg(0).arg("MATCH").arg(format!("{}:*", self.prefix)).arg("COUNT").arg(1000);
        let keys: Vec<String> = scan.iter(&mut connection).expect("SCAN").map(|key| key.expect("a key")).collect();
        if !keys.is_empty() {
            let _: i64 = redis::cmd("DEL").arg(keys).query(&mut connection).expect("DEL");
        }
    }
}

impl Drop for Corner {
    fn drop(&mut self) {
        if !std::thread::panicking() || self.client.get_connection().is_ok() {
            self.flush();
        }
    }
}
