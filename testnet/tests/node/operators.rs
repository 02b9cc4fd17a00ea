//! What operators do wrong, and what machines do to them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyralog_api::{Failure, FailureKind, Hex, PyralogClient};
use pyralog_genesis::ConsensusKind;
use pyralog_genesis::document::{NewDocument, account_entry, new_document, validator_entry};
use pyralog_keys::{EncryptOptions, EncryptRandomness, KdfCost, Keystore, Password};
use pyralog_primitives::{Amount, Nonce, SecretKey, SignBytes, TimestampMs};
use pyralog_testnet::{Account, NodeCommand, Sandbox, eventually};

use crate::hostile::pay;
use crate::wire::get;

const PASSWORD: &str = "tr0ub4dor and three";

fn validator_key() -> SecretKey {
    key(9)
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// The entry of a validator.
fn validator(chain_id: &str, name: &str, number: u8) -> String {
    let key = key(number);
    let public_key = key.public_key();
    let possession = key.sign(&SignBytes::possession(chain_id, &public_key));
    let stake = Amount::from_tokens(10);
    validator_entry(&name.parse().unwrap(), &public_key, stake, &possession)
}

/// A network of one validator, and of the accounts of development.
fn document(chain_id: &str, time: TimestampMs, consensus: ConsensusKind) -> String {
    let mut text = new_document(&NewDocument {
        chain_id: chain_id.parse().unwrap(),
        time,
        consensus,
    });
    let address = Account::development(0).address();
    text.push_str(&account_entry(&address, Amount::from_tokens(100)));
    text.push_str(&validator(chain_id, "one", 9));
    text
}

fn now() -> TimestampMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    TimestampMs::new(u64::try_from(since.as_millis()).unwrap())
}

/// A node of a network of our own, with the validator's key.
fn command(sandbox: &Sandbox, document: &str) -> NodeCommand {
    let options = EncryptOptions {
        path: None,
        description: "for tests".parse().unwrap(),
        cost: KdfCost::CHEAPEST,
        randomness: EncryptRandomness::from_bytes(&[7; EncryptRandomness::BYTES]),
    };
    let password = Password::new(PASSWORD).unwrap();
    let keystore = Keystore::encrypt(&validator_key(), &password, options).unwrap();
    sandbox.write("home/keys/one.json", &keystore.to_json());
    let password = sandbox.write("password", PASSWORD);
    let genesis = sandbox.write("net.toml", document);
    NodeCommand::new(sandbox)
        .arg("--with-unused-ports")
        .arg("--genesis")
        .arg(genesis)
        .arg("--validator-key")
        .arg("one")
        .arg("--password-file")
        .arg(password)
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_the_setting_for_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let sandbox = Sandbox::new();
    let ended = NodeCommand::new(&sandbox)
        .arg("--dev")
        .set(&format!("rpc.listen={address}"))
        .set("metrics.listen=127.0.0.1:0")
        .run()
        .await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for part in [&address.to_string(), "--set rpc.listen", "--instance"] {
        assert!(ended.stderr.contains(part), "{part}: {ended:?}");
    }
}

#[tokio::test]
async fn a_second_process_is_turned_away_and_the_first_goes_on() {
    let sandbox = Sandbox::new();
    let node = NodeCommand::development(&sandbox).start().await.unwrap();
    let second = NodeCommand::development(&sandbox)
        .named("second")
        .run()
        .await;
    assert_eq!(second.code, Some(73), "{second:?}");
    assert!(second.stderr.contains("is in use by process"), "{second:?}");
    node.status().await;
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn the_store_of_another_network_is_named_and_not_touched() {
    let sandbox = Sandbox::new();
    let first = document(
        "my-net",
        TimestampMs::new(1_700_000_000_000),
        ConsensusKind::Solo,
    );
    let node = command(&sandbox, &first).start().await.unwrap();
    assert_eq!(node.stop().await.code, Some(0));
    let before = sandbox.files_but("LOCK");
    let other = document(
        "my-net",
        TimestampMs::new(1_700_000_001_000),
        ConsensusKind::Solo,
    );
    let ended = command(&sandbox, &other).run().await;
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(
        ended.stderr.contains("holds the chain of genesis"),
        "{ended:?}"
    );
    assert_eq!(sandbox.files_but("LOCK"), before);
    // The first network goes on.
    let node = command(&sandbox, &first).start().await.unwrap();
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn each_wrong_start_says_what_to_do() {
    let time = TimestampMs::new(1_700_000_000_000);
    let sandbox = Sandbox::new();
    sandbox.write("home/dev-local/config.toml", "[rpc\n");
    let ended = NodeCommand::development(&sandbox).run().await;
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(ended.stderr.contains("config.toml"), "{ended:?}");

    let sandbox = Sandbox::new();
    sandbox.write("home/dev-local/config.toml", "[rpc]\nlisen = \"[::1]:1\"\n");
    let ended = NodeCommand::development(&sandbox).run().await;
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(
        ended.stderr.contains("did you mean 'rpc.listen'?"),
        "{ended:?}"
    );

    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home().join("dev-local/config.toml")).unwrap();
    let ended = NodeCommand::development(&sandbox).run().await;
    assert_eq!(ended.code, Some(74), "{ended:?}");

    let sandbox = Sandbox::new();
    let mut two = document("my-net", time, ConsensusKind::Tendermint);
    two.push_str(&validator("my-net", "two", 10));
    let alone = command(&sandbox, &two).set("p2p.enabled=false");
    let ended = alone.run().await;
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(ended.stderr.contains("2 in all"), "{ended:?}");

    let sandbox = Sandbox::new();
    let with_key = command(&sandbox, &document("my-net", time, ConsensusKind::Solo));
    sandbox.write("password", "another password");
    let ended = with_key.run().await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(!ended.stderr.contains(PASSWORD), "{ended:?}");
}

#[tokio::test]
async fn a_lone_validator_decides_by_any_engine_and_goes_on_after_it_was_killed() {
    for engine in ConsensusKind::ALL {
        let sandbox = Sandbox::new();
        let genesis = document("my-net", TimestampMs::new(1_700_000_000_000), engine);
        let command = command(&sandbox, &genesis);
        let mut last = 0;
        for _ in 0..3 {
            let mut node = command.start().await.unwrap();
            let before = node.status().await.height.get();
            assert!(before >= last, "{engine}");
            pay(&node, &[Account::development(0)], 1).await;
            last = node.status().await.height.get();
            assert!(last > before, "{engine}");
            node.kill();
        }
    }
}

#[tokio::test]
async fn a_clock_behind_the_chain_is_told_and_blocks_go_on() {
    let sandbox = Sandbox::new();
    let tomorrow = TimestampMs::new(now().get() + 86_400_000);
    let command = command(&sandbox, &document("my-net", tomorrow, ConsensusKind::Solo));
    let node = command.start().await.unwrap();
    eventually("a block", async || {
        (node.status().await.height.get() > 1).then_some(())
    })
    .await;
    let status = node.status().await;
    let block = node.client().block(Some(status.height)).await.unwrap();
    assert_eq!(
        block.block.header.time.get(),
        tomorrow.get() + status.height.get()
    );
    let page = get(node.metrics(), "/healthz?verbose").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.body.contains("s behind the last block"), "{page:?}");
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_takes_no_transactions_and_still_answers() {
    let sandbox = Sandbox::new();
    // More than any disk has.
    let command = NodeCommand::development(&sandbox).set("store.reserve=16TiB");
    let node = command.start().await.unwrap();
    let (account, status) = (Account::development(0), node.status().await);
    let payment = account.pay(&status, Nonce::new(0), account.address(), Amount::new(1));
    let refused = node.client().submit_transaction(Hex(payment)).await;
    let failure = Failure::of(&refused.unwrap_err()).unwrap();
    assert_eq!(failure.kind, FailureKind::DiskLow);
    assert!(
        failure.reason == "DISK_LOW" && failure.retryable,
        "{failure:?}"
    );
    let page = get(node.metrics(), "/readyz").await;
    assert!(
        page.status == 503 && page.body.contains("DISK_LOW"),
        "{page:?}"
    );
    assert_eq!(get(node.metrics(), "/livez").await.status, 200);
    node.client().account(account.address()).await.unwrap();
    assert!(node.stderr().contains("DISK_LOW"));
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_node_that_is_asked_to_stop_stops_and_says_so() {
    let sandbox = Sandbox::new();
    let node = NodeCommand::development(&sandbox).start().await.unwrap();
    // A caller that waits is told.
    let client = node.client();
    let waiting = tokio::spawn(async move {
        let wait = pyralog_primitives::DurationMs::new(60_000);
        let id = pyralog_primitives::TransactionId::ZERO;
        client.wait_transaction(id, wait, None).await
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ended = node.stop().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("stopped"), "{ended:?}");
    let failure = Failure::of(&waiting.await.unwrap().unwrap_err()).unwrap();
    assert_eq!(
        (failure.reason.as_ref(), failure.retryable),
        ("stopping", true)
    );
}
