//! Asking many nodes about many things.

use std::future::Future;
use std::sync::Arc;

use jsonrpsee::http_client::HttpClient;
use tokio::task::JoinSet;

use crate::net::calls::client;
use crate::net::error::NetError;
use crate::net::names::NodeName;
use crate::net::record::Node;

/// Calls that one node is asked at one time. Lower, and a long chain takes long
/// to walk; higher, and a check is load.
const CALLS_TOGETHER: usize = 8;

/// A node that runs, and someone who calls it.
#[derive(Clone, Debug)]
pub(super) struct Runner {
    pub(super) name: NodeName,
    pub(super) client: HttpClient,
}

impl Runner {
    pub(super) fn of(node: &Node) -> Result<Self, NetError> {
        let client = client(node)?;
        Ok(Self {
            name: node.name,
            client,
        })
    }
}

/// Asks every node about every thing, several things at a time. The answers are
/// in the order of things, and those to one thing in the order of nodes.
pub(super) async fn ask_all<I, T, F>(
    runners: &[Runner],
    things: Vec<I>,
    ask: impl Fn(Runner, I) -> F + Clone + Send + Sync + 'static,
) -> Vec<(I, Vec<(NodeName, T)>)>
where
    I: Copy + Send + Sync + 'static,
    T: Send + 'static,
    F: Future<Output = T> + Send,
{
    let things = Arc::new(things);
    let mut asking = JoinSet::new();
    for (number, runner) in runners.iter().enumerate() {
        for lane in 0..CALLS_TOGETHER.min(things.len()) {
            let (things, runner, ask) = (Arc::clone(&things), runner.clone(), ask.clone());
            asking.spawn(async move {
                let mut answers = Vec::new();
                for place in (lane..things.len()).step_by(CALLS_TOGETHER) {
                    let answer = ask(runner.clone(), things[place]).await;
                    answers.push((place, number, answer));
                }
                answers
            });
        }
    }
    let mut answers: Vec<_> = asking.join_all().await.into_iter().flatten().collect();
    answers.sort_by_key(|(place, number, _)| (*place, *number));
    let mut all: Vec<_> = things.iter().map(|thing| (*thing, Vec::new())).collect();
    for (place, number, answer) in answers {
        all[place].1.push((runners[number].name, answer));
    }
    all
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::net::names::Role;
    use crate::net::secrets::peer_key;

    /// Nobody is there; nobody is called.
    fn runner(number: u8) -> Runner {
        let name = NodeName::new(Role::Validator, number);
        let node = Node {
            name,
            ip: Ipv4Addr::LOCALHOST,
            key: peer_key(&"net".parse().unwrap(), name),
            args: Vec::new(),
            process: None,
        };
        Runner::of(&node).unwrap()
    }

    #[tokio::test]
    async fn every_node_is_asked_about_every_thing_a_few_at_a_time() {
        let runners = [runner(0), runner(1)];
        let together = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&together);
        let ask = move |runner: Runner, thing: usize| {
            let together = Arc::clone(&counter);
            async move {
                let now = together.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::task::yield_now().await;
                together.fetch_sub(1, Ordering::SeqCst);
                assert!(now <= 2 * CALLS_TOGETHER);
                (runner.name.number(), thing)
            }
        };
        for count in [0, 1, 7, 100] {
            let all = ask_all(&runners, (0..count).collect(), ask.clone()).await;
            assert_eq!(all.len(), count);
            for (place, (thing, answers)) in all.into_iter().enumerate() {
                assert_eq!(thing, place);
                let expected = [0, 1].map(|number| {
                    let name = NodeName::new(Role::Validator, number);
                    (name, (number, thing))
                });
                assert_eq!(answers, expected);
            }
        }
    }
}
