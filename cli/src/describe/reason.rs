//! Why a transaction does not do what was wanted, and what to do.

use pyralog_chain::ActionError;

use super::bytes::harmless;

/// What a failure of an action means, and what to do about it.
pub(crate) fn failure_sentence(reason: &str) -> String {
    let mut all = ActionError::ALL.into_iter();
    let Some(error) = all.find(|error| error.reason() == reason) else {
        let reason = harmless(reason);
        return format!("{reason}, a reason that is newer than this program");
    };
    format!("{error}{}", hint(reason))
}

/// The remedy, as it follows a message.
pub(crate) fn hint(reason: &str) -> String {
    remedy(reason).map_or_else(String::new, |remedy| format!(" ({remedy})"))
}

/// What the sender can do, where it is more than the message says. The words
/// are those of the chain and of the mempool.
fn remedy(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "compute_exceeded" => "the network counts more than this program knows of: update it",
        "balance_too_low" | "cannot_pay" => {
            "send less, or fund the account (`pyralog query account` shows what it holds)"
        }
        "foreign_namespace" => "choose another namespace, or sign with its owner's key",
        "unknown_key" => "`pyralog query entries NAMESPACE` lists what there is",
        "unknown_journal" => "`pyralog tx open-journal NAME`",
        "foreign_journal" => "`pyralog query journal NAME` shows who that is",
        "journal_exists" => "append to it, or choose another name",
        "journal_full" => "open another one",
        "already_notarized" => "`pyralog query notarization DIGEST` shows since when, and by whom",
        "too_large" => "store the data elsewhere and notarize its hash",
        "fee_too_low" => "give a higher --fee-max, or leave it out",
        "tip_above_fee" => "the tip is part of --fee-max: raise that",
        "expired" => "give a longer --valid-for",
        "valid_too_long" => "give a shorter --valid-for",
        "nonce_used" | "nonce_ahead" | "nonce_gap" => {
            "leave --nonce out, and the next free one is taken"
        }
        "replacement_too_cheap" => "give --tip and --fee-max of at least that",
        "pool_full" => "give a higher --tip, or try later",
        "too_many_of_sender" => "wait until some of them are final",
        "wrong_network" => "the node has changed its network: try again",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_an_action_has_a_sentence_and_a_remedy() {
        for error in ActionError::ALL {
            let sentence = failure_sentence(error.reason());
            assert!(sentence.starts_with(&format!("{error} (")), "{sentence}");
        }
        let unknown = failure_sentence("code_99");
        assert!(
            unknown.starts_with("code_99, a reason that is newer"),
            "{unknown}"
        );
    }
}
