//! Access as an argument: who looks, and the part of the data that they may look at.
//!
//! Every finder of `store` takes a [`Scope`], so forgetting the tenant does not compile. What a role may do is decided here, in one table.

use entity::value::{ApiKeyId, ApiScope, MembershipId, MerchantId, Mode, PartnerId, ProgramId, Role, UserId};

/// The rows that a viewer may see: one merchant's, in one mode, and for a partner only their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    merchant: MerchantId,
    mode: Mode,
    partner: Option<PartnerId>,
}

impl Scope {
    /// Everything of one merchant in one mode.
    #[must_use]
    pub const fn merchant_wide(merchant: MerchantId, mode: Mode) -> Self {
        Self { merchant, mode, partner: None }
    }

    /// What belongs to one partner of a merchant.
    #[must_use]
    pub const fn of_partner(merchant: MerchantId, mode: Mode, partner: PartnerId) -> Self {
        Self { merchant, mode, partner: Some(partner) }
    }

    /// The tenant.
    #[must_use]
    pub const fn merchant(self) -> MerchantId {
        self.merchant
    }

    /// Test or live.
    #[must_use]
    pub const fn mode(self) -> Mode {
        self.mode
    }

    /// The mode as stored.
    #[must_use]
    pub const fn livemode(self) -> bool {
        self.mode.livemode()
    }

    /// The partner to whose rows the scope is limited, if it is.
    #[must_use]
    pub const fn partner(self) -> Option<PartnerId> {
        self.partner
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Nobody in particular: may sign in, set up a fresh instance, accept an invitation.
    Public,
    /// A person who signed in.
    User {
        /// The person.
        user: UserId,
        /// Their place at the merchant.
        membership: MembershipId,
        /// Their role there.
        role: Role,
        /// What they may see.
        scope: Scope,
    },
    /// A merchant's server, by secret key.
    Server {
        /// The key.
        key: ApiKeyId,
        /// What it was made for.
        scopes: Vec<ApiScope>,
        /// What it may see.
        scope: Scope,
    },
    /// A browser with the tracking snippet, by publishable key: may record clicks and sign-ups, and read nothing.
    Snippet {
        /// The key.
        key: ApiKeyId,
        /// The program that it is for; any of the merchant's when not limited.
        program: Option<ProgramId>,
        /// Where it may write.
        scope: Scope,
    },
}

/// What a viewer wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read the merchant's data, or for a partner their own.
    Read,
    /// Record clicks and sign-ups, as the snippet does.
    Track,
    /// Create customers and name their partners, as a merchant's server does.
    RecordCustomers,
    /// Create and change programs, terms, partners, enrollments, links and codes.
    ManagePrograms,
    /// Approve and reject commissions, pay out.
    MoveMoney,
    /// Create and change Stripe connections.
    Connect,
    /// Create API keys, invite and remove members.
    ManageAccess,
}

/// The viewer may not do this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in and no key was sent.
    #[error("sign in or send an API key: this is not open to the public")]
    Unauthenticated,
    /// Somebody is, but without the right.
    #[error("your role or key does not allow this; ask an owner or an administrator of the merchant")]
    Forbidden,
}

impl Viewer {
    /// The rows that the viewer may see when doing `action`.
    ///
    /// # Errors
    /// [`Denied`] when the viewer may not do it at all.
    pub fn allow(&self, action: Action) -> Result<Scope, Denied> {
        let (scope, allowed) = match self {
            Self::Public => return Err(Denied::Unauthenticated),
            Self::User { role, scope, .. } => (scope, role_allows(*role, action)),
            Self::Server { scopes, scope, .. } => (scope, key_allows(scopes, action)),
            Self::Snippet { scope, .. } => (scope, action == Action::Track),
        };
        if allowed { Ok(*scope) } else { Err(Denied::Forbidden) }
    }

    /// Whether personal data of customers is shown masked (PV-3).
    #[must_use]
    pub const fn sees_masked(&self) -> bool {
        !matches!(self, Self::User { role: Role::Owner | Role::Admin | Role::Analyst, .. } | Self::Server { .. })
    }
}

const fn role_allows(role: Role, action: Action) -> bool {
    match role {
        Role::Owner | Role::Admin => true,
        Role::Analyst | Role::Partner => matches!(action, Action::Read),
    }
}

fn key_allows(scopes: &[ApiScope], action: Action) -> bool {
    scopes.iter().any(|scope| match scope {
        ApiScope::Read => action == Action::Read,
        ApiScope::Track => matches!(action, Action::Track | Action::RecordCustomers),
        ApiScope::WritePrograms => matches!(action, Action::ManagePrograms),
        ApiScope::WriteMoney => action == Action::MoveMoney,
        ApiScope::WriteConnections => action == Action::Connect,
    })
}
