//! Words about who takes part: users, keys, programs, partners and enrollments.

use super::text_enum::text_enum;

text_enum! {
    /// What a user may do with a merchant.
    Role {
        /// Everything, including members and the Stripe connection.
        Owner = "OWNER",
        /// Everything of the day: programs, partners, payouts.
        Admin = "ADMIN",
        /// Reads all, changes nothing.
        Analyst = "ANALYST",
        /// Sees its own partner only.
        Partner = "PARTNER",
    }
}

text_enum! {
    /// Who may hold an API key.
    ApiKeyKind {
        /// Kept on the merchant's server; acts within its scopes.
        Secret = "SECRET",
        /// Stands in web pages; may only record clicks and sign-ups from its origins.
        Publishable = "PUBLISHABLE",
    }
}

text_enum! {
    /// What a secret API key may do.
    ApiScope {
        /// Read everything of the merchant in the key's mode.
        Read = "READ",
        /// Record customers, sign-ups and touches.
        Track = "TRACK",
        /// Create and change programs, terms, partners, enrollments, links and codes.
        WritePrograms = "WRITE_PROGRAMS",
        /// Approve, hold and reject commissions; make and cancel payouts.
        WriteMoney = "WRITE_MONEY",
        /// Create and change Stripe connections; start imports.
        WriteConnections = "WRITE_CONNECTIONS",
    }
}

text_enum! {
    /// What a program is for.
    ProgramKind {
        /// Partners promote and earn a commission.
        Affiliate = "AFFILIATE",
        /// Customers refer friends (RA-1).
        ReferAFriend = "REFER_A_FRIEND",
    }
}

text_enum! {
    /// Whether a program takes part in attribution.
    ProgramStatus {
        /// Clicks and purchases count.
        Active = "ACTIVE",
        /// Nothing new counts until it is active again.
        Paused = "PAUSED",
        /// Closed for good; history stays.
        Archived = "ARCHIVED",
    }
}

text_enum! {
    /// Whether a partner may take part at all.
    PartnerStatus {
        /// May take part.
        Active = "ACTIVE",
        /// Shut out of every program; earns nothing further (AT-14).
        Banned = "BANNED",
        /// Gone; history stays.
        Archived = "ARCHIVED",
    }
}

text_enum! {
    /// Where a partner stands in one program.
    EnrollmentStatus {
        /// Asked to join, not answered yet.
        Applied = "APPLIED",
        /// Takes part.
        Approved = "APPROVED",
        /// Was refused.
        Rejected = "REJECTED",
        /// Shut out; earns nothing further (AT-14).
        Banned = "BANNED",
        /// Left; by default what it brought earns to the end of the duration (AT-14).
        Archived = "ARCHIVED",
    }
}

text_enum! {
    /// How an enrollment ended; what it may still earn depends on it (AT-14).
    EnrollmentEnd {
        /// Shut out: nothing further is earned.
        Banned = "BANNED",
        /// Left: bindings go on to the end of their duration, unless the terms say otherwise.
        Archived = "ARCHIVED",
    }
}
