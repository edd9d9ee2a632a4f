//! What the processes of each client address take.

use std::collections::HashMap;

use crate::results::requester::ClientAddress;

/// What the processes of one client take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ClientUse {
    /// Unfinished runs.
    pub(super) awaited: usize,
    /// Bytes of finished processes that no client has read.
    pub(super) unread: usize,
}

/// All clients with processes that are unfinished or unread.
#[derive(Debug)]
pub(super) struct ClientUses {
    clients: HashMap<ClientAddress, ClientUse>,
    all: ClientUse,
    /// How much of a client's unread bytes counts in the sum over all clients.
    unread_limit: usize,
}

impl ClientUses {
    /// No client has a process yet. At most `unread_limit` unread bytes of a client count in the sum.
    pub(super) fn new(unread_limit: usize) -> Self {
        Self { clients: HashMap::new(), all: ClientUse::default(), unread_limit }
    }

    /// What one client has.
    pub(super) fn of(&self, client: ClientAddress) -> ClientUse {
        self.clients.get(&client).copied().unwrap_or_default()
    }

    /// What all clients have together.
    pub(super) fn all(&self) -> ClientUse {
        self.all
    }

    /// Changes what one client has.
    pub(super) fn change(&mut self, client: ClientAddress, change: impl FnOnce(&mut ClientUse)) {
        let before = self.of(client);
        let mut now = before;
        change(&mut now);
        let counted = |unread: usize| unread.min(self.unread_limit);
        self.all.awaited = self.all.awaited + now.awaited - before.awaited;
        self.all.unread = self.all.unread + counted(now.unread) - counted(before.unread);
        if now == ClientUse::default() {
            self.clients.remove(&client);
        } else {
            self.clients.insert(client, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_client_counts_in_the_sum_only_up_to_its_own_limit_and_is_forgotten_without_processes() {
        let [one, other] = [1, 2].map(|n| ClientAddress::from(IpAddr::from(Ipv4Addr::new(127, 0, 0, n))));
        let mut clients = ClientUses::new(10);
        clients.change(one, |client| *client = ClientUse { awaited: 2, unread: 100 });
        clients.change(other, |client| client.unread += 5);
        assert_eq!(clients.all(), ClientUse { awaited: 2, unread: 15 });
        assert_eq!(clients.of(one), ClientUse { awaited: 2, unread: 100 });
        clients.change(one, |client| *client = ClientUse { awaited: 0, unread: 0 });
        clients.change(other, |client| client.unread -= 5);
        assert_eq!((clients.all(), clients.clients.len()), (ClientUse::default(), 0));
    }
}
