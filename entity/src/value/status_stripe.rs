//! Words about Stripe connections.

use super::text_enum::text_enum;

text_enum! {
    /// How a connection got its access to Stripe.
    ConnectionMethod {
        /// A restricted key, pasted in.
        ApiKey = "API_KEY",
        /// Connect OAuth of a Standard account.
        Oauth = "OAUTH",
        /// An installed Stripe App.
        App = "APP",
    }
}

text_enum! {
    /// State of a connection (CN-1).
    ConnectionStatus {
        /// Begun, access not granted yet.
        PendingAuth = "PENDING_AUTH",
        /// In use.
        Linked = "LINKED",
        /// Switched off on our side; can be linked again under the same id.
        Unlinked = "UNLINKED",
        /// Access was taken back at Stripe.
        Deauthorized = "DEAUTHORIZED",
        /// Does not work; the reason stands beside it.
        Error = "ERROR",
    }
}
