//! Clients that send without pause, on connections that are spread over the workers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use gatewright_host::envoy::Envoy;
use gatewright_host::net::Client;
use gatewright_testing::message::Request;

/// Clients under way.
pub(crate) struct Traffic {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    /// What is sent now, in turn.
    requests: Mutex<Vec<Request>>,
    /// Each answer's status and how often it came.
    seen: Mutex<std::collections::BTreeMap<u16, u64>>,
    stop: AtomicBool,
}

impl Traffic {
    /// Starts so many clients, each with one connection.
    pub(crate) fn start(envoy: &Envoy, clients: usize, requests: Vec<Request>) -> Self {
        let shared =
            Arc::new(Shared { requests: Mutex::new(requests), seen: Mutex::default(), stop: AtomicBool::new(false) });
        let threads = (0..clients).map(|number| {
            let (shared, mut client) = (Arc::clone(&shared), envoy.client().unwrap());
            std::thread::spawn(move || shared.run(&mut client, number))
        });
        Self { threads: threads.collect(), shared }
    }

    /// Sends these from now on.
    pub(crate) fn send(&self, requests: Vec<Request>) {
        *self.shared.requests.lock().unwrap() = requests;
    }

    /// Answers so far.
    pub(crate) fn answers(&self) -> u64 {
        self.shared.seen.lock().unwrap().values().sum()
    }

    /// Stops, and gives every status that came with its number.
    pub(crate) fn stop(self) -> Vec<(u16, u64)> {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
        let seen = self.shared.seen.lock().unwrap();
        seen.iter().map(|(status, count)| (*status, *count)).collect()
    }
}

impl Shared {
    fn run(&self, client: &mut Client, first: usize) {
        let mut turn = first;
        while !self.stop.load(Ordering::Relaxed) {
            let request = {
                let requests = self.requests.lock().unwrap();
                requests.iter().cycle().nth(turn % requests.len()).unwrap().clone()
            };
            turn += 1;
            let status = client.send(&request).unwrap().response.status();
            *self.seen.lock().unwrap().entry(status).or_default() += 1;
        }
    }
}
