//! Words about linking an account by Stripe's own pages.

use super::text_enum::text_enum;

text_enum! {
    /// Why an account could not be linked by OAuth or by installing the app.
    LinkFault {
        /// The browser came without a state: the way did not begin here.
        StateMissing = "STATE_MISSING",
        /// The state is none of ours.
        StateUnknown = "STATE_UNKNOWN",
        /// The state is older than ten minutes.
        StateExpired = "STATE_EXPIRED",
        /// The state was used before.
        StateUsed = "STATE_USED",
        /// The state belongs to another browser or another user.
        StateOfAnotherSession = "STATE_OF_ANOTHER_SESSION",
        /// Who began it may not connect accounts any more, or has signed out everywhere.
        NoLongerAllowed = "NO_LONGER_ALLOWED",
        /// The merchant said no on Stripe's page.
        AccessDenied = "ACCESS_DENIED",
        /// The account is controlled by another platform, which stands in the way of read and write access.
        ControlledByAnotherPlatform = "CONTROLLED_BY_ANOTHER_PLATFORM",
        /// Stripe does not give this platform the scope that it asks for.
        ScopeRefused = "SCOPE_REFUSED",
        /// Stripe found something wrong with the request, such as a redirect address that is not registered.
        RequestRefused = "REQUEST_REFUSED",
        /// Stripe does not know this response type.
        UnsupportedResponseType = "UNSUPPORTED_RESPONSE_TYPE",
        /// Stripe does not know this grant type.
        UnsupportedGrantType = "UNSUPPORTED_GRANT_TYPE",
        /// Stripe does not know the platform, or its key.
        ClientRefused = "CLIENT_REFUSED",
        /// The browser came without a code.
        CodeMissing = "CODE_MISSING",
        /// The code is unknown, used, expired or another platform's.
        CodeRefused = "CODE_REFUSED",
        /// Test and live do not fit.
        ModeMismatch = "MODE_MISMATCH",
        /// The account belongs to another connection.
        AccountTaken = "ACCOUNT_TAKEN",
        /// It is another account than that of the connection.
        AccountDiffers = "ACCOUNT_DIFFERS",
        /// Stripe did not answer, or not as it promises.
        StripeUnavailable = "STRIPE_UNAVAILABLE",
    }
}
