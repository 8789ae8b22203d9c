//! An issuer's server, which can be killed and come back at the same address.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use gatewright_host::net::{Answer, Refusing, Upstream};
use gatewright_testing::message::Request;

/// A server that a test starts, changes and kills.
pub(crate) struct Issuer {
    place: Refusing,
    state: Arc<Mutex<State>>,
    server: Mutex<Option<Upstream>>,
}

#[derive(Default)]
struct State {
    /// What is answered, by path; the empty path is every other.
    answers: Vec<(String, Answer)>,
    requests: Vec<Request>,
}

impl Issuer {
    /// One that does not run yet.
    pub(crate) fn down() -> Self {
        Self { place: Refusing::new().unwrap(), state: Arc::default(), server: Mutex::default() }
    }

    /// One that answers everything like this.
    pub(crate) fn serving(answer: impl Into<Answer>) -> Self {
        let issuer = Self::down();
        issuer.serve(answer);
        issuer
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.place.address()
    }

    /// Answers everything like this from now on, and runs.
    pub(crate) fn serve(&self, answer: impl Into<Answer>) {
        self.serve_each([("", answer.into())]);
    }

    /// Answers each path like this from now on, and runs.
    pub(crate) fn serve_each<const N: usize>(&self, answers: [(&str, Answer); N]) {
        self.state.lock().unwrap().answers = answers.map(|(path, answer)| (path.to_owned(), answer)).into();
        let mut server = self.server.lock().unwrap();
        if server.is_none() {
            let state = Arc::clone(&self.state);
            *server = Some(
                Upstream::start_at(&self.place, move |request: &Request| state.lock().unwrap().answer(request))
                    .unwrap(),
            );
        }
    }

    /// Closes every connection and takes no more, as when the process is killed.
    pub(crate) fn kill(&self) {
        drop(self.server.lock().unwrap().take());
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// How many requests there were.
    pub(crate) fn count(&self) -> usize {
        self.state.lock().unwrap().requests.len()
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Answer {
        self.requests.push(request.clone());
        let path = request.path();
        let found = self.answers.iter().find(|(own, _)| own.is_empty() || *own == path);
        found.map_or_else(|| gatewright_testing::message::Response::new(404).into(), |(_, answer)| answer.clone())
    }
}
