//! What a program offers for friends.

use chrono::{DateTime, Utc};
use entity::program;
use entity::referral_offer::Model;
use entity::value::{Capability, ConnectionId, Gift, ProgramId, ProgramKind, ReferralOfferId, ReferralTrigger};

use crate::domain::access::{Action, Scope, Viewer};
use crate::service::check::Faults;
use crate::service::stripe_connection::capability::require;
use crate::service::stripe_write::connection_of;
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store;
use crate::store::scoped::lock;

/// The longest hold of a purchase.
const MAX_HOLD: i32 = 120;
/// The longest time for a first purchase.
const MAX_EXPIRY: i32 = 3650;

/// What a program is to offer.
#[derive(Clone, Debug)]
pub struct NewOffer {
    /// The program, one for friends.
    pub program: ProgramId,
    /// Where gifts of Stripe's are given, and codes are made; the only linked connection when it is `None`.
    pub connection: Option<ConnectionId>,
    /// What a friend is given.
    pub friend: Option<Gift>,
    /// For what.
    pub friend_for: ReferralTrigger,
    /// What who brought the friend is given.
    pub referrer: Option<Gift>,
    /// For how many days a purchase is held back first.
    pub hold_days: i32,
    /// For how many friends one may be rewarded.
    pub cap: Option<i32>,
    /// After how many days without a purchase a reward ends.
    pub expires_days: Option<i32>,
    /// The coupon of which each referrer gets a code.
    pub code_coupon: Option<String>,
    /// Whether whoever signs up or buys becomes a referrer.
    pub everybody: bool,
    /// Whether new friends are rewarded.
    pub enabled: bool,
}

/// Sets what a program offers. Rewards that were noted before stay as they were offered.
///
/// # Errors
/// Refused with the fields that cannot stand, and with `CAPABILITY_MISSING` where the connection may not give what is offered; denied to those
/// who may not manage programs.
pub async fn set(services: &Services, viewer: &Viewer, input: NewOffer) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    check(&input)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let program = lock::<program::Entity>(&tx, scope, input.program).await?;
    let program = program.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    if program.kind != ProgramKind::ReferAFriend {
        return Err(Refusal::new(
            "programId",
            RefusalCode::WrongState,
            "only a program of kind REFER_A_FRIEND offers anything for friends",
        )
        .into());
    }
    let gifts = || input.friend.iter().chain(&input.referrer);
    let codes = input.code_coupon.is_some() || gifts().any(|gift| matches!(gift, Gift::Code { .. }));
    let credit = gifts().any(|gift| matches!(gift, Gift::Credit { .. }));
    let connection = if codes || credit { Some(connection_of(&tx, scope, input.connection).await?) } else { None };
    if let Some(row) = &connection {
        if codes {
            require(row, Capability::CreateCodes, "connectionId")?;
        }
        if credit {
            require(row, Capability::RewardBalance, "connectionId")?;
        }
    }
    let earlier = store::referral::offer_of(&tx, scope, program.id).await?;
    let known = earlier.is_some();
    let (id, created_at) = earlier.map_or((ReferralOfferId::new_at(now), now), |row| (row.id, row.created_at));
    let connection_id = connection.map(|row| row.id);
    let row = row(input, scope, (id, connection_id), (created_at, now));
    let row = if known { store::row::save(&tx, row).await? } else { store::row::insert(&tx, row).await? };
    tx.commit().await?;
    Ok(row)
}

fn row(
    input: NewOffer,
    scope: Scope,
    (id, connection_id): (ReferralOfferId, Option<ConnectionId>),
    (created_at, updated_at): (DateTime<Utc>, DateTime<Utc>),
) -> Model {
    let NewOffer { program, friend, friend_for, referrer, hold_days, cap, expires_days, code_coupon, everybody, enabled, .. } = input;
    Model {
        id,
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id: program,
        connection_id,
        friend,
        friend_for,
        referrer,
        hold_days,
        cap,
        expires_days,
        code_coupon,
        everybody,
        enabled,
        created_at,
        updated_at,
    }
}

fn check(input: &NewOffer) -> Result<(), ServiceError> {
    let mut faults = Faults::default();
    if !(0..=MAX_HOLD).contains(&input.hold_days) {
        faults.add("holdDays", RefusalCode::OutOfRange, format!("must be from 0 to {MAX_HOLD}"));
    }
    if input.cap.is_some_and(|cap| cap < 1) {
        faults.add("cap", RefusalCode::OutOfRange, "must be at least 1");
    }
    if input.expires_days.is_some_and(|days| !(1..=MAX_EXPIRY).contains(&days)) {
        faults.add("expiresDays", RefusalCode::OutOfRange, format!("must be from 1 to {MAX_EXPIRY}"));
    }
    for (field, gift) in [("friend", &input.friend), ("referrer", &input.referrer)] {
        match gift {
            Some(Gift::Credit { money }) if !money.currency.is_known() => {
                faults.add(field, RefusalCode::UnknownCurrency, "credit needs the currency that it is of");
            }
            Some(Gift::Credit { money }) if money.minor <= 0 => faults.add(field, RefusalCode::OutOfRange, "must be more than nothing"),
            Some(Gift::Own { name }) => drop(faults.name(field, name)),
            _ => {}
        }
    }
    faults.done()
}
