//! Why an account could not be linked by Stripe's own pages: what to do about each, and the status of HTTP.

use entity::value::LinkFault as L;

/// What to do about it, for people.
#[must_use]
pub const fn advice(fault: L) -> &'static str {
    match fault {
        L::StateMissing => {
            "This did not begin here. If you installed the app from Stripe: it is installed, and nothing is lost; begin at your merchant's page to \
             connect it."
        }
        L::StateUnknown => "This address is not complete, or very old. Begin again.",
        L::StateExpired => "This took longer than ten minutes. Begin again.",
        L::StateUsed => "This was used before; reloading the page cannot repeat it. See whether the account is connected, or begin again.",
        L::StateOfAnotherSession => {
            "This was begun in another browser or by somebody else. Begin again in this browser, with cookies allowed. If you did not begin it, \
             somebody may have sent you here: do nothing."
        }
        L::NoLongerAllowed => {
            "Who began this may not connect accounts any more, or has signed out everywhere since. Sign in and begin again."
        }
        L::AccessDenied => "You declined on Stripe's page. Nothing was connected; begin again if that was a mistake.",
        L::ControlledByAnotherPlatform => {
            "Another platform controls this account, and Stripe then allows no second one to read and write. Use a restricted key or the Stripe \
             App in place of it, or ask for read access only."
        }
        L::ScopeRefused => {
            "Stripe does not grant the scope that was asked for: only older extensions may ask for read_only. The operator sets \
             TRIBUTARY_STRIPE_OAUTH_SCOPE to read_write; a restricted key or the Stripe App work in any case."
        }
        L::RequestRefused => {
            "Stripe refuses the request. The operator sees to it that the redirect address of this instance is registered at Stripe, exactly as \
             it is, and with https for live data."
        }
        L::UnsupportedResponseType | L::UnsupportedGrantType => {
            "Stripe does not understand the request. The operator updates this software."
        }
        L::ClientRefused => {
            "Stripe does not know this platform or its key. The operator compares the client id and the secret key of this mode with Stripe's \
             dashboard, also whether OAuth is switched on there."
        }
        L::CodeMissing => "Stripe sent no code. Begin again.",
        L::CodeRefused => "Stripe does not accept the code: it was used, is too old, or belongs to another platform. Begin again.",
        L::ModeMismatch => {
            "Test and live do not fit: the account was connected in the other mode than the one that you work in, or the operator mixed up the \
             keys of the two. Switch the mode and begin again."
        }
        L::AccountTaken => {
            "This Stripe account is connected elsewhere on this instance. To move it, unlink it there (stripeConnectionUnlink), then connect it \
             here."
        }
        L::AccountDiffers => {
            "This is another Stripe account than that of the connection, whose history would be mixed up. Choose the same account on Stripe's \
             page, or make a new connection."
        }
        L::StripeUnavailable => "Stripe did not answer as it should. Begin again in a few minutes.",
    }
}

/// The status of an answer that tells it.
#[must_use]
pub const fn status(fault: L) -> u16 {
    match fault {
        L::AccessDenied | L::StateOfAnotherSession | L::NoLongerAllowed => 403,
        L::StateExpired | L::StateUsed => 410,
        L::AccountTaken | L::AccountDiffers => 409,
        L::ClientRefused | L::StripeUnavailable | L::UnsupportedGrantType | L::UnsupportedResponseType => 502,
        _ => 400,
    }
}
