//! The memory of the bodies that all clients together have sent and whose requests are not answered yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::http::limits;
use crate::results::requester::ClientAddress;

/// How much all bodies take, and those of each client. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyBudget(Arc<Mutex<Used>>);

#[derive(Debug, Default)]
struct Used {
    all: usize,
    clients: HashMap<ClientAddress, usize>,
}

/// The bytes of one body. They are given back when it is dropped.
#[derive(Debug)]
pub(crate) struct BodyBytes {
    budget: BodyBudget,
    client: ClientAddress,
    /// How many bytes of the body have arrived.
    arrived: usize,
}

/// The bodies take too much memory already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OverBudget;

impl BodyBudget {
    /// A body that a client begins to send.
    pub(crate) fn body(&self, client: ClientAddress) -> BodyBytes {
        BodyBytes { budget: self.clone(), client, arrived: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Used> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BodyBytes {
    /// Counts bytes that have arrived. The first [`limits::SMALL_BODY`] bytes of a body do not count: a small
    /// request is never refused because of large ones.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), OverBudget> {
        let more = counted(self.arrived + bytes) - counted(self.arrived);
        if more > 0 {
            let mut used = self.budget.lock();
            let of_client = used.clients.get(&self.client).copied().unwrap_or(0) + more;
            if of_client > limits::BODIES_OF_CLIENT || used.all + more > limits::BODIES {
                return Err(OverBudget);
            }
            used.all += more;
            used.clients.insert(self.client, of_client);
        }
        self.arrived += bytes;
        Ok(())
    }
}

fn counted(arrived: usize) -> usize {
    arrived.saturating_sub(limits::SMALL_BODY)
}

impl Drop for BodyBytes {
    fn drop(&mut self) {
        let bytes = counted(self.arrived);
        if bytes == 0 {
            return;
        }
        let mut used = self.budget.lock();
        used.all -= bytes;
        let left = used.clients.get(&self.client).map_or(0, |of_client| of_client - bytes);
        if left == 0 {
            used.clients.remove(&self.client);
        } else {
            used.clients.insert(self.client, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn the_bodies_of_a_client_and_of_all_clients_are_bounded_but_small_ones() {
        let budget = BodyBudget::default();
        let body = |client: u8| budget.body(IpAddr::from([127, 0, 0, client]).into());
        let fill = |client: u8| {
            let mut bytes = body(client);
            assert_eq!(bytes.add(limits::SMALL_BODY + limits::BODIES_OF_CLIENT), Ok(()));
            bytes
        };
        let held: Vec<_> = (1..=4).map(fill).collect();
        assert_eq!(body(1).add(limits::SMALL_BODY + 1), Err(OverBudget), "its own share is used up");
        assert_eq!(body(5).add(limits::SMALL_BODY + 1), Err(OverBudget), "all of it is used up");
        let mut small = body(1);
        assert_eq!(small.add(limits::SMALL_BODY), Ok(()));
        assert_eq!(small.add(1), Err(OverBudget));
        drop(held);
        assert_eq!(small.add(1), Ok(()));
        drop(small);
        let used = budget.lock();
        assert_eq!((used.all, used.clients.len()), (0, 0));
    }
}
