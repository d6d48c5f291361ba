//! The same on every implementation.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rstest::rstest;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tributary::queue::{GivenBack, Job, QueueError, QueueSettings, QueueStats};

use super::bench::{Bench, LONG, job, take_none, take_one};
use crate::contract::{Backend, until};

const NONE: Duration = Duration::ZERO;

fn quick() -> QueueSettings {
    QueueSettings {
        backoff_base: Duration::from_millis(20),
        backoff_max: Duration::from_millis(100),
        max_attempts: 3,
        ..QueueSettings::default()
    }
}

fn visible_for(ms: u64) -> QueueSettings {
    QueueSettings { visibility: Duration::from_millis(ms), ..quick() }
}

#[rstest]
#[tokio::test]
async fn nothing_is_lost_and_nothing_doubled(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    const PRODUCERS: usize = 20;
    const EACH: usize = 200;
    let bench = Bench::new(backend, QueueSettings::default());
    let mut producers = JoinSet::new();
    for _ in 0..PRODUCERS {
        let queue = bench.process().await;
        producers.spawn(async move {
            let jobs: Vec<Job> = (0..EACH).map(|_| job()).collect();
            for job in &jobs {
                // The doorbell may be too slow on a loaded machine; then it is rung again, as the sweeper would.
                while queue.push(&[*job]).await.is_err() {}
            }
            jobs
        });
    }
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut consumers = JoinSet::new();
    for _ in 0..20 {
        let (queue, acknowledged) = (bench.process().await, Arc::clone(&acknowledged));
        consumers.spawn(async move {
            let mut done = Vec::new();
            while acknowledged.load(Ordering::SeqCst) < PRODUCERS * EACH {
                for lease in queue.take(7, Duration::from_millis(100)).await {
                    assert_eq!(lease.attempt, 1);
                    queue.ack(&lease).await.expect("acknowledged");
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                    done.push(lease.job);
                }
            }
            done
        });
    }
    let mut times: HashMap<Job, u32> = HashMap::new();
    for jobs in producers.join_all().await {
        times.extend(jobs.into_iter().map(|job| (job, 0)));
    }
    for job in consumers.join_all().await.into_iter().flatten() {
        *times.get_mut(&job).expect("a job that was rung") += 1;
    }
    assert_eq!(times.len(), PRODUCERS * EACH);
    assert_eq!(times.values().filter(|times| **times != 1).count(), 0);
    assert_eq!(bench.process().await.stats().await, Ok(QueueStats::default()));
}

#[rstest]
#[tokio::test]
async fn the_first_rung_comes_first(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let queue = Bench::new(backend, quick());
    let queue = (queue.process().await, queue);
    let jobs: Vec<Job> = (0..1100).map(|_| job()).collect();
    queue.0.push(&jobs).await.expect("rung");
    let mut taken = Vec::new();
    while taken.len() < jobs.len() {
        let leases = queue.0.take(100, LONG).await;
        assert!(!leases.is_empty() && leases.len() <= 100);
        taken.extend(leases.into_iter().map(|lease| lease.job));
    }
    assert!(taken == jobs);
}

#[rstest]
#[tokio::test]
async fn two_rings_are_one_until_the_job_is_taken(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, quick());
    let (queue, job) = (bench.process().await, job());
    queue.push(&[job, job]).await.expect("rung");
    queue.push(&[job]).await.expect("rung");
    let first = take_one(&*queue).await;
    take_none(&*queue, NONE).await;
    // The worker may have read the row already, so this ring is for something new.
    queue.push(&[job]).await.expect("rung");
    queue.push(&[job]).await.expect("rung");
    let second = take_one(&*queue).await;
    assert_eq!((first.job, second.job), (job, job));
    take_none(&*queue, NONE).await;
    queue.ack(&first).await.expect("acknowledged");
    queue.ack(&second).await.expect("acknowledged");
    assert_eq!(queue.stats().await, Ok(QueueStats::default()));
}

#[rstest]
#[tokio::test]
async fn a_taker_waits_as_long_as_told_and_wakes_at_a_ring(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, quick());
    let (queue, ringer) = (bench.process().await, bench.process().await);
    let start = Instant::now();
    take_none(&*queue, Duration::from_millis(120)).await;
    let waited = start.elapsed();
    assert!((Duration::from_millis(115)..Duration::from_secs(2)).contains(&waited), "{waited:?}");
    assert_eq!(queue.take(0, LONG).await, [], "no hands, no waiting");

    let start = Instant::now();
    let taker = tokio::spawn(async move { take_one(&*queue).await });
    sleep(Duration::from_millis(50)).await;
    ringer.push(&[job()]).await.expect("rung");
    taker.await.expect("a lease");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[rstest]
#[tokio::test]
async fn takers_in_one_process_take_turns(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, quick());
    let (queue, jobs) = (bench.process().await, [job(), job(), job()]);
    let mut takers = JoinSet::new();
    for _ in 0..jobs.len() {
        let queue = queue.clone();
        takers.spawn(async move { take_one(&*queue).await.job });
    }
    queue.push(&jobs).await.expect("rung");
    let mut taken = takers.join_all().await;
    taken.sort_unstable();
    let mut jobs = jobs;
    jobs.sort_unstable();
    assert_eq!(taken, jobs);
}

#[rstest]
#[tokio::test]
async fn a_lease_that_ends_hands_over_and_the_sleeper_has_lost_it(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, visible_for(150));
    let (sleeper, other) = (bench.process().await, bench.process().await);
    sleeper.push(&[job()]).await.expect("rung");
    let start = Instant::now();
    let lost = take_one(&*sleeper).await;
    let lease = take_one(&*other).await;
    assert!(start.elapsed() >= Duration::from_millis(145), "not before its time: {:?}", start.elapsed());
    assert_eq!((lease.job, lease.attempt), (lost.job, 2));
    assert_eq!(sleeper.extend(&lost).await, Err(QueueError::LeaseLost));
    assert_eq!(sleeper.ack(&lost).await, Err(QueueError::LeaseLost));
    assert_eq!(sleeper.give_back(&lost, "late").await, Err(QueueError::LeaseLost));
    other.ack(&lease).await.expect("acknowledged");
    assert_eq!(other.ack(&lease).await, Err(QueueError::LeaseLost));
    assert_eq!(other.stats().await, Ok(QueueStats::default()));
}

#[rstest]
#[tokio::test]
async fn a_process_that_takes_its_own_lost_job_has_a_new_lease(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, visible_for(150));
    let queue = bench.process().await;
    queue.push(&[job()]).await.expect("rung");
    let lost = take_one(&*queue).await;
    let lease = take_one(&*queue).await;
    assert_eq!(queue.ack(&lost).await, Err(QueueError::LeaseLost));
    assert_eq!(queue.extend(&lease).await, Ok(()));
    assert_eq!(queue.ack(&lease).await, Ok(()));
}

#[rstest]
#[tokio::test]
async fn a_heart_beat_keeps_the_lease(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, visible_for(400));
    let (worker, other) = (bench.process().await, bench.process().await);
    worker.push(&[job()]).await.expect("rung");
    let lease = take_one(&*worker).await;
    let heart = async {
        for _ in 0..12 {
            sleep(Duration::from_millis(100)).await;
            worker.extend(&lease).await.expect("still held");
        }
    };
    tokio::join!(heart, take_none(&*other, Duration::from_millis(1200)));
    worker.ack(&lease).await.expect("still held");
}

#[rstest]
#[tokio::test]
async fn a_failed_job_comes_again_after_its_pause(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let settings = QueueSettings { backoff_base: Duration::from_millis(300), backoff_max: LONG, ..quick() };
    let bench = Bench::new(backend, settings);
    let queue = bench.process().await;
    queue.push(&[job()]).await.expect("rung");
    let mut lease = take_one(&*queue).await;
    for (attempt, least) in [(2, 150), (3, 300)] {
        let start = Instant::now();
        let Ok(GivenBack::Delayed(pause)) = queue.give_back(&lease, "no luck").await else { panic!("should be delayed") };
        assert!((Duration::from_millis(least)..=Duration::from_millis(2 * least)).contains(&pause), "{pause:?}");
        take_none(&*queue, NONE).await;
        assert_eq!(queue.stats().await.map(|stats| (stats.ready, stats.delayed, stats.leased)), Ok((0, 1, 0)));
        lease = take_one(&*queue).await;
        // Redis counts whole milliseconds.
        assert!(start.elapsed() + Duration::from_millis(2) >= pause, "{:?} < {pause:?}", start.elapsed());
        assert_eq!(lease.attempt, attempt);
    }
}

#[rstest]
#[tokio::test]
async fn of_two_delays_the_earlier_counts(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, quick());
    let (queue, job) = (bench.process().await, job());
    let start = Instant::now();
    for delay in [60_000, 100, 50_000] {
        queue.push_after(job, Duration::from_millis(delay)).await.expect("rung");
    }
    take_none(&*queue, NONE).await;
    let lease = take_one(&*queue).await;
    assert_eq!((lease.job, lease.attempt), (job, 1));
    assert!(start.elapsed() >= Duration::from_millis(98), "{:?}", start.elapsed());
    queue.ack(&lease).await.expect("acknowledged");
    assert_eq!(queue.stats().await, Ok(QueueStats::default()));
}

#[rstest]
#[tokio::test]
async fn after_the_last_attempt_a_job_is_dead_until_it_is_driven_again(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, quick());
    let (queue, job) = (bench.process().await, job());
    queue.push(&[job]).await.expect("rung");
    for attempt in 1..=3 {
        let lease = take_one(&*queue).await;
        assert_eq!(lease.attempt, attempt);
        let outcome = queue.give_back(&lease, &format!("failure {attempt}")).await.expect("given back");
        assert_eq!(outcome == GivenBack::Dead, attempt == 3);
    }
    take_none(&*queue, NONE).await;
    let dead = queue.dead(10).await.expect("letters");
    let told: Vec<_> = dead.iter().map(|letter| (letter.job, letter.attempts, letter.error.as_str())).collect();
    assert_eq!(told, [(job, 3, "failure 3")]);
    assert!(dead[0].age < LONG);
    assert_eq!(queue.dead(0).await, Ok(Vec::new()));

    assert_eq!(queue.redrive(job).await, Ok(true));
    assert_eq!(queue.redrive(job).await, Ok(false), "it is no longer dead");
    let lease = take_one(&*queue).await;
    assert_eq!((lease.job, lease.attempt), (job, 1), "with all its attempts before it");
    queue.ack(&lease).await.expect("acknowledged");
    assert_eq!(queue.stats().await, Ok(QueueStats::default()));
}

#[rstest]
#[tokio::test]
async fn a_worker_that_dies_each_time_kills_the_job_not_the_queue(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, visible_for(40));
    let (queue, poison) = (bench.process().await, job());
    queue.push(&[poison]).await.expect("rung");
    for attempt in 1..=3 {
        // Taken and never heard of again.
        assert_eq!(take_one(&*queue).await.attempt, attempt);
    }
    let dead = until("the job is dead", async || {
        assert_eq!(queue.take(1, NONE).await, [], "a fourth attempt");
        queue.dead(10).await.expect("letters").pop()
    })
    .await;
    assert_eq!((dead.job, dead.attempts), (poison, 3));
    assert!(dead.error.contains("lease ran out"), "{}", dead.error);
}

#[rstest]
#[tokio::test]
async fn success_after_all_takes_the_dead_letter_away(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, QueueSettings { max_attempts: 1, ..quick() });
    let (queue, job) = (bench.process().await, job());
    queue.push(&[job]).await.expect("rung");
    let lease = take_one(&*queue).await;
    assert_eq!(queue.give_back(&lease, "no luck").await, Ok(GivenBack::Dead));
    // The row changed, or the sweeper saw that it is unfinished.
    queue.push(&[job]).await.expect("rung");
    assert_eq!(queue.stats().await.map(|stats| (stats.ready, stats.dead)), Ok((1, 1)));
    let lease = take_one(&*queue).await;
    queue.ack(&lease).await.expect("acknowledged");
    assert_eq!(queue.stats().await, Ok(QueueStats::default()));
}

#[rstest]
#[tokio::test]
async fn dead_letters_are_bounded_one_each_and_the_newest_come_first(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, QueueSettings { max_attempts: 1, dead_kept: 3, ..quick() });
    let queue = bench.process().await;
    let jobs: Vec<Job> = (0..5).map(|_| job()).collect();
    for job in jobs.iter().chain(&jobs[3..4]) {
        queue.push(&[*job]).await.expect("rung");
        let lease = take_one(&*queue).await;
        assert_eq!(queue.give_back(&lease, &"x".repeat(2000)).await, Ok(GivenBack::Dead));
    }
    let letters = queue.dead(2).await.expect("letters");
    assert_eq!(letters.iter().map(|letter| letter.job).collect::<Vec<_>>(), [jobs[3], jobs[4]]);
    assert_eq!(letters[0].error.len(), 500);
    assert_eq!(queue.dead(100).await.map(|letters| letters.len()), Ok(3));
    assert_eq!(queue.redrive(jobs[0]).await, Ok(false), "forgotten");
    assert_eq!(queue.redrive(jobs[2]).await, Ok(true));
}

#[rstest]
#[tokio::test]
async fn counts_are_told(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend, QueueSettings { max_attempts: 1, ..quick() });
    let queue = bench.process().await;
    assert_eq!(queue.stats().await, Ok(QueueStats::default()));
    assert_eq!(queue.healthy().await, Ok(()));
    queue.push(&[job(), job(), job(), job()]).await.expect("rung");
    queue.push_after(job(), LONG).await.expect("rung");
    let _held = take_one(&*queue).await;
    let dead = take_one(&*queue).await;
    queue.give_back(&dead, "no luck").await.expect("given back");
    sleep(Duration::from_millis(30)).await;
    let stats = queue.stats().await.expect("counts");
    assert_eq!((stats.ready, stats.delayed, stats.leased, stats.dead), (2, 1, 1, 1));
    let oldest = stats.oldest_age.expect("two wait");
    assert!((Duration::from_millis(28)..LONG).contains(&oldest), "{oldest:?}");
}
