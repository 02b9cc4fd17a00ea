//! Payments, and the word of a node that they are final.

use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use pyralog_api::{Hex, PyralogClient};
use pyralog_primitives::{Amount, DurationMs};
use pyralog_testnet::Account;
use pyralog_testnet::net::{Acknowledged, Net};

/// Longer than any block takes, also with a validator that is away.
const WAIT: DurationMs = DurationMs::new(50_000);

pub(crate) fn client(net: &Net, node: &str) -> HttpClient {
    let builder = HttpClientBuilder::default().request_timeout(std::time::Duration::from_mins(1));
    builder.build(net.url(node).unwrap()).unwrap()
}

/// Pays so often by one node, each time after the last is final, and writes
/// down what was said.
pub(crate) async fn pay(net: &Net, node: &str, count: usize) {
    let client = client(net, node);
    let (from, to) = (Account::development(0), Account::development(1));
    for _ in 0..count {
        let status = client.node_status().await.unwrap();
        let nonce = client.next_nonce(from.address()).await.unwrap();
        let payment = from.pay(&status, nonce, to.address(), Amount::new(7));
        let id = payment.id();
        client.submit_transaction(Hex(payment)).await.unwrap();
        let status = client.wait_transaction(id, WAIT, None).await.unwrap();
        let told = Acknowledged::of(id, &status);
        let told = told.unwrap_or_else(|| panic!("{node} did not make it final: {status:?}"));
        net.acknowledge(&[told]).unwrap();
    }
}
