//! What all processes count together.

use std::time::Duration;

use tributary::counter::Counter;
use tributary::service::attempts::Attempts;

use super::proxy::{Door, Proxy};
use super::redis_server::{Corner, url};
use super::until;

async fn process(url: &str, corner: &Corner, a_minute: u32) -> Attempts {
    Attempts::new(a_minute).together(Counter::open(url, &corner.prefix).await.expect("an address"))
}

#[tokio::test]
async fn a_count_is_of_all_and_of_its_spell() {
    let corner = Corner::new();
    let (one, other) = (Counter::open(&url(), &corner.prefix).await.unwrap(), Counter::open(&url(), &corner.prefix).await.unwrap());
    let long = Duration::from_secs(60);
    let first = until("Redis is reached", async || one.count("a", long).await.ok()).await;
    let next = until("Redis is reached", async || other.count("a", long).await.ok()).await;
    assert_eq!((first, next), (1, 2));
    assert_eq!(one.count("b", Duration::from_millis(50)).await, Ok(1));
    until("the spell is over", async || (one.count("b", Duration::from_millis(50)).await == Ok(1)).then_some(())).await;
}

#[tokio::test]
async fn two_processes_allow_no_more_attempts_than_one() {
    let (corner, proxy) = (Corner::new(), Proxy::new(&url(), Door::Open).await);
    let (one, other) = (process(&url(), &corner, 4).await, process(&proxy.url, &corner, 4).await);
    until("Redis is reached", async || Counter::open(&url(), &corner.prefix).await.unwrap().count("up", Duration::from_secs(1)).await.ok())
        .await;
    let mut passed = 0;
    for _ in 0..4 {
        passed += usize::from(one.count("ann", None).await.is_ok()) + usize::from(other.count("ann", None).await.is_ok());
    }
    assert_eq!(passed, 4);
    proxy.set(Door::Shut);
    let mut alone = 0;
    for _ in 0..8 {
        alone += usize::from(other.count("bob", None).await.is_ok());
    }
    assert_eq!(alone, 4, "without Redis each keeps its own limit");
}
