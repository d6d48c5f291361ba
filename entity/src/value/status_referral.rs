//! Words about customers who refer friends (RA).

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use super::Money;
use super::text_enum::text_enum;

text_enum! {
    /// Who is rewarded.
    ReferralSide {
        /// Who came.
        Friend = "FRIEND",
        /// Who brought them.
        Referrer = "REFERRER",
    }
}

text_enum! {
    /// What a friend is rewarded for. Who brought them is always rewarded for the friend's first purchase (RA-2).
    ReferralTrigger {
        /// For coming.
        SignUp = "SIGN_UP",
        /// For the first purchase that is paid and more than nothing.
        Purchase = "PURCHASE",
    }
}

text_enum! {
    /// How far a reward has come (RA-4).
    ReferralState {
        /// What it is for has not happened yet, or its hold is not over.
        Pending = "PENDING",
        /// Deserved; it is being given.
        Earned = "EARNED",
        /// Given, and read back where Stripe has it.
        Applied = "APPLIED",
        /// Taken back after it was given.
        Reversed = "REVERSED",
        /// What it is for did not happen in time.
        Expired = "EXPIRED",
        /// It is not given.
        Cancelled = "CANCELLED",
        /// It was given, and then the purchase was refunded: somebody has to decide.
        Review = "REVIEW",
    }
}

text_enum! {
    /// Why a reward is where it is.
    ReferralCause {
        /// Who brought the friend has as many rewards as one may have.
        CapReached = "CAP_REACHED",
        /// The purchase was given back in full.
        Refunded = "REFUNDED",
        /// There was no purchase in time.
        NoPurchase = "NO_PURCHASE",
        /// Somebody decided that it stays.
        Kept = "KEPT",
        /// Somebody decided against it.
        ByHand = "BY_HAND",
    }
}

text_enum! {
    /// How far it has come to make customers referrers (S20).
    ReferralSyncStatus {
        /// A worker goes on with it.
        Running = "RUNNING",
        /// Every customer was looked at.
        Done = "DONE",
    }
}

/// What somebody is given (RA-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub enum Gift {
    /// A promotion code of this coupon, for them alone and for one use. A coupon of the whole price for some months gives free months.
    Code {
        /// Stripe's id of the coupon.
        coupon: String,
    },
    /// Credit on their balance at Stripe.
    Credit {
        /// How much.
        money: Money,
    },
    /// Something of the merchant's own: the merchant's server sees that it is earned, gives it, and says so.
    Own {
        /// What it is, in the merchant's words.
        name: String,
    },
}
