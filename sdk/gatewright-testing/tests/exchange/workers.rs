//! Several workers on one store: tables, leases, broadcasts.

use std::cell::RefCell;
use std::rc::Rc;

use gatewright_core::store::{
    Broadcast, BroadcastLimits, Change, KeyHasher, Lease, Rank, Shape, SharedStore, SlotTable, StoreLimits, WorkerId,
};
use gatewright_testing::proxy::{World, race};

use crate::policies::*;

const WORKERS: usize = 3;
const HOUR: Duration = Duration::from_secs(3600);

fn store(setup: &Setup) -> SharedStore {
    SharedStore::new(setup.services().host(), "test", StoreLimits::default()).unwrap()
}

/// Admits each client five times, over all workers together.
struct Quota(SlotTable, KeyHasher);
impl Policy for Quota {
    type Config = NoSettings;

    fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
        let store = store(setup);
        let hasher = KeyHasher::from_store(&store, b"a test needs no secret").unwrap();
        let shape = Shape::for_budget(64 * 1024, 1).unwrap();
        Ok(Self(SlotTable::new(&store, "quota", shape, |_| Rank::Evictable(0)).unwrap(), hasher))
    }

    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
        let client = self.1.hash(&[request.header("x-client").unwrap_or_default()]);
        let admitted = self.0.update(client, cx.now().nanos(), HOUR, |slot| match slot.payload.first_mut() {
            Some(count) if *count < 5 => {
                *count += 1;
                Change::Store(true)
            }
            _ => Change::Keep(false),
        })?;
        Ok(if admitted { request.forward().into() } else { Reply::deny(429, "quota").into() })
    }
}

#[test]
fn a_quota_holds_over_all_workers_whatever_their_order() {
    for seed in 0..30 {
        let world = World::new(seed);
        let build = |worker: usize| with::<Quota>(Proxy::builder().world(&world).first_worker(worker), "{}");
        let run = |_: usize, proxy: &mut Proxy| -> Vec<u16> {
            (0..4).map(|_| proxy.send(Sent::get("/").with_header("x-client", "a")).status()).collect()
        };
        let statuses = race(seed, WORKERS, build, run).concat();
        let admitted = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!((admitted, statuses.len()), (5, 12), "seed {seed}: {statuses:?}");
    }
}

#[test]
fn too_much_contention_is_a_fault() {
    let mut proxy = proxy::<Quota>("{}");
    assert_eq!(proxy.send(Sent::get("/")).status(), 200);
    proxy.world().inject_cas_mismatches(1.0);
    assert_eq!(proxy.send(Sent::get("/")).details().as_deref(), Some("gatewright.policy.fault.store"));
}

/// Exactly one worker at a time does the work.
struct Leader;
impl Policy for Leader {
    type Config = NoSettings;

    fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
        let (store, work) = (store(setup), setup.counter("work"));
        setup.spawn(move |services| async move {
            let lease = Lease::new(&store, "work", ms(1000));
            let (Ok(me), Ok(lease)) = (WorkerId::allocate(&store), lease) else { return };
            loop {
                if let Ok(Some(_held)) = lease.try_acquire(me, services.now().nanos()) {
                    work.increment();
                }
                services.sleep(ms(100)).await;
            }
        });
        Ok(Self)
    }

    async fn handle(&self, request: Request, _: &Context) -> Result<Flow, Fault> {
        Ok(request.forward().into())
    }
}

#[test]
fn one_worker_at_a_time_holds_a_lease() {
    let mut proxy = with::<Leader>(Proxy::builder().workers(WORKERS), "{}");
    proxy.advance(ms(4950));
    assert_eq!(proxy.metric("gatewright.work"), Some(5), "one grant in each second, whoever got it");
}

/// What one worker publishes, all workers hear: the path of a request, here.
struct Tells {
    news: Rc<RefCell<Broadcast>>,
    heard: Rc<RefCell<String>>,
}

impl Policy for Tells {
    type Config = NoSettings;

    fn new(_: NoSettings, setup: &Setup) -> Result<Self, ConfigError> {
        let (store, now) = (store(setup), setup.services().now().nanos());
        let me = WorkerId::allocate(&store).unwrap();
        let news = Broadcast::join(&store, "news", me, BroadcastLimits::default(), now).unwrap();
        let (news, heard) = (Rc::new(RefCell::new(news)), Rc::new(RefCell::new(String::new())));
        let (receiver, told) = (news.clone(), heard.clone());
        setup.spawn(|services| async move {
            loop {
                let waiting = || receiver.borrow_mut().receive().ok().filter(|messages| !messages.is_empty());
                for message in services.until(waiting).await {
                    told.borrow_mut().push_str(&String::from_utf8_lossy(&message));
                }
            }
        });
        Ok(Self { news, heard })
    }

    async fn handle(&self, mut request: Request, cx: &Context) -> Result<Flow, Fault> {
        if request.method() == "POST" {
            self.news.borrow().publish(request.path(), cx.now().nanos())?;
        }
        request.set_header("x-heard", self.heard.borrow().as_str());
        Ok(request.forward().into())
    }
}

#[test]
fn a_broadcast_reaches_every_worker() {
    let mut proxy = with::<Tells>(Proxy::builder().workers(WORKERS).main_thread(), "{}");
    proxy.send(Sent::post("/news", ""));
    proxy.exchange(Sent::post("/more", "")).on_worker(2).send();
    for worker in 0..WORKERS {
        let exchange = proxy.exchange(Sent::get("/")).on_worker(worker).send();
        assert_eq!(exchange.upstream_request().unwrap().header("x-heard").as_deref(), Some("/news/more"), "{worker}");
    }
}
