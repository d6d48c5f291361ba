//! What is recorded of what people and keys decide by hand.

use super::text_enum::text_enum;

text_enum! {
    /// What was done by hand.
    AuditAction {
        /// A commission was approved before its time.
        CommissionApprove = "COMMISSION_APPROVE",
        /// A commission was rejected.
        CommissionReject = "COMMISSION_REJECT",
        /// An approval or rejection was taken back.
        CommissionRestore = "COMMISSION_RESTORE",
        /// Signs of fraud were looked at and released (FR-4).
        FraudRelease = "FRAUD_RELEASE",
        /// A commission was rejected for signs of fraud (FR-4).
        FraudReject = "FRAUD_REJECT",
        /// A click was rejected as fraud (FR-5).
        ClickReject = "CLICK_REJECT",
        /// A click that had been rejected counts again (FR-5).
        ClickRestore = "CLICK_RESTORE",
        /// A program looks for other signs of fraud.
        FraudSettings = "FRAUD_SETTINGS",
        /// Exchange rates were brought in.
        ExchangeRates = "EXCHANGE_RATES",
    }
}
