//! Shared queues. Their tokens are valid in the whole process, and only the last VM that registered a queue is woken.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gatewright_core::host::{HostResult, Status};

/// A context that waits for a queue: the VM's number and its root context.
pub(crate) type Receiver = (u64, u32);

#[derive(Debug)]
struct Queue {
    token: u32,
    receiver: Receiver,
    values: VecDeque<Vec<u8>>,
}

/// All queues of the process.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    queues: BTreeMap<(String, Vec<u8>), Queue>,
    wakes: VecDeque<(Receiver, u32)>,
    running: BTreeSet<u64>,
}

impl Queues {
    pub(crate) fn vm_started(&mut self, vm: u64) {
        self.running.insert(vm);
    }

    /// What a VM registered stays registered after its end: later values wake nobody.
    pub(crate) fn vm_ended(&mut self, vm: u64) {
        self.running.remove(&vm);
        self.wakes.retain(|((receiver, _), _)| *receiver != vm);
    }

    pub(crate) fn register(&mut self, vm_id: &str, name: &[u8], receiver: Receiver) -> u32 {
        let next = u32::try_from(self.queues.len()).unwrap_or(u32::MAX).saturating_add(1);
        let queue = self.queues.entry((vm_id.to_owned(), name.to_vec()));
        let queue = queue.or_insert_with(|| Queue { token: next, receiver, values: VecDeque::new() });
        queue.receiver = receiver;
        queue.token
    }

    pub(crate) fn resolve(&self, vm_id: &str, name: &[u8]) -> HostResult<u32> {
        self.queues.get(&(vm_id.to_owned(), name.to_vec())).map(|queue| queue.token).ok_or(Status::NotFound)
    }

    pub(crate) fn enqueue(&mut self, token: u32, value: &[u8]) -> HostResult<()> {
        let queue = self.queues.values_mut().find(|queue| queue.token == token).ok_or(Status::NotFound)?;
        queue.values.push_back(value.to_vec());
        if self.running.contains(&queue.receiver.0) {
            self.wakes.push_back((queue.receiver, token));
        }
        Ok(())
    }

    pub(crate) fn dequeue(&mut self, token: u32) -> HostResult<Vec<u8>> {
        let queue = self.queues.values_mut().find(|queue| queue.token == token).ok_or(Status::NotFound)?;
        queue.values.pop_front().ok_or(Status::Empty)
    }

    /// The oldest wake for a VM: its root context and the queue.
    pub(crate) fn next_wake(&mut self, vm: u64) -> Option<(u32, u32)> {
        let at = self.wakes.iter().position(|((receiver, _), _)| *receiver == vm)?;
        let ((_, root), token) = self.wakes.remove(at)?;
        Some((root, token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_registrant_is_woken() {
        let mut queues = Queues::default();
        queues.vm_started(1);
        queues.vm_started(2);
        let token = queues.register("vm", b"q", (1, 10));
        assert_eq!(queues.register("vm", b"q", (2, 20)), token);
        queues.enqueue(token, b"v").unwrap();
        assert_eq!(queues.next_wake(1), None);
        assert_eq!(queues.next_wake(2), Some((20, token)));
        assert_eq!(queues.next_wake(2), None);
    }

    #[test]
    fn any_vm_takes_from_a_queue_by_its_token_in_order() {
        let mut queues = Queues::default();
        let token = queues.register("vm", b"q", (1, 10));
        assert_eq!(queues.resolve("vm", b"q"), Ok(token));
        assert_eq!(queues.resolve("other", b"q"), Err(Status::NotFound));
        queues.enqueue(token, b"1").unwrap();
        queues.enqueue(token, b"2").unwrap();
        assert_eq!(queues.dequeue(token), Ok(b"1".to_vec()));
        assert_eq!(queues.dequeue(token), Ok(b"2".to_vec()));
        assert_eq!(queues.dequeue(token), Err(Status::Empty));
        assert_eq!(queues.enqueue(token + 1, b"1"), Err(Status::NotFound));
    }

    #[test]
    fn a_registration_outlives_its_vm_and_wakes_nobody() {
        let mut queues = Queues::default();
        queues.vm_started(1);
        let token = queues.register("vm", b"q", (1, 10));
        queues.vm_ended(1);
        assert_eq!(queues.enqueue(token, b"v"), Ok(()));
        assert_eq!(queues.next_wake(1), None);
    }
}
