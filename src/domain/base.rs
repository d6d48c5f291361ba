//! The commissionable amount of a purchase (BA), kept as fractions so that each rate group is rounded once (CO-2).

use chrono::Duration;
use entity::value::{BasisPoints, Currency, MoneyError, OutOfBand, Reward, Terms, mul_div_half_up};

use super::purchase::{NetLine, PurchaseState, ReturnKind};
use super::step::Steps;

/// What a line earns by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Earning {
    /// A share. Lines with one share are one group, whichever rule gave it (CO-2).
    Rate(BasisPoints),
    /// A fixed sum.
    Flat {
        /// Minor units of `currency`.
        amount: i64,
        /// Their currency.
        currency: Currency,
        /// For each unit instead of once per purchase (BA-7).
        per_unit: bool,
        /// The rule that gave it: each rule gives its sum once.
        giver: Giver,
    },
}

/// The rule that gave a line its reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Giver {
    /// The reward by the number of the payment (CO-5).
    Number,
    /// A product rule, by its place (BA-6).
    Product(usize),
    /// A conditional reward, by its place (CO-8).
    Conditional(usize),
}

impl Earning {
    /// To earn by this reward.
    #[must_use]
    pub const fn of(reward: Reward, giver: Giver) -> Self {
        match reward {
            Reward::Percent { rate } => Self::Rate(rate),
            Reward::Flat { amount, currency, per_unit } => Self::Flat { amount, currency, per_unit, giver },
        }
    }
}

/// What was chosen for the lines of a purchase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// One entry a line, in the order of the lines; nothing for an excluded line (BA-6).
    pub lines: Vec<Option<Earning>>,
    /// What shipping earns by, where it counts.
    pub shipping: Option<Earning>,
}

/// Lines that earn by the same, added up (CO-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they earn by.
    pub earning: Earning,
    /// Their net, before collection and reduction.
    pub net: i64,
    /// The part of it that credit notes name (RF-5).
    pub credited: i64,
    /// Units of lines that are no proration.
    pub units: i64,
}

/// The base of a purchase under certain terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Lines by what they earn by. Excluded lines are in none.
    pub groups: Vec<Group>,
    /// What was received and counts (BA-3).
    pub collected: i64,
    /// What went back of it (RF-1); at most `collected`.
    pub reduction: i64,
    /// The part of `reduction` that credit notes with lines explain.
    pub explained: i64,
    /// All that those credit notes paid back: `explained` of it counts.
    pub credited: i64,
    /// What those credit notes took off before payment: less was collected.
    pub credited_before: i64,
    /// What was owed, tax and shipping included. Above zero where there is any base.
    pub total: i64,
    /// Whether every line is excluded (BA-6).
    pub all_excluded: bool,
}

impl Base {
    /// Computes the base from what each line earns by; the steps record how.
    #[must_use]
    pub fn of(state: &PurchaseState, terms: &Terms, chosen: &Chosen, steps: &mut Steps) -> Self {
        let outside = if terms.out_of_band == OutOfBand::Exclude { 0 } else { state.off_platform };
        let collected = state.collected.saturating_add(outside);
        let returned = returned(state, terms, steps);
        let reduction = returned.min(collected);
        let (groups, all_excluded) = groups(state, chosen);
        let base = Self {
            groups,
            collected,
            reduction,
            explained: state.credited.min(reduction),
            credited: state.credited,
            credited_before: state.credited_before,
            total: state.total,
            all_excluded,
        };
        steps.add("BA-1", "net of the lines that count, without tax", Some(base.net()));
        steps.add("BA-3", "collected, tax included", Some(collected));
        if collected != state.total {
            steps.add("BA-3", "of a total of", Some(state.total));
        }
        if reduction > 0 {
            steps.add("RF-1", "went back by refunds, disputes and credits", Some(reduction));
        }
        base
    }

    /// The sum of the groups' nets.
    #[must_use]
    pub fn net(&self) -> i64 {
        self.groups.iter().fold(0, |sum, group| sum.saturating_add(group.net))
    }

    /// Whether anything that counts was bought and money came for it: what makes a purchase a first purchase (BA-5, CO-3), whatever went
    /// back later. Excluded products have no net (BA-6).
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.total > 0 && self.collected > 0 && self.net() > 0
    }

    /// Whether all of the money went back.
    #[must_use]
    pub const fn is_fully_returned(&self) -> bool {
        self.reduction >= self.collected
    }

    /// The base in minor units after collection and reduction, rounded once and never below zero (BA-3, BA-4).
    ///
    /// # Errors
    /// [`MoneyError`] when the amount is beyond 64 bits.
    pub fn amount(&self) -> Result<i64, MoneyError> {
        let mut sum = 0_i64;
        let all = Group {
            earning: Earning::Rate(BasisPoints::ONE),
            net: self.net(),
            credited: self.groups.iter().fold(0, |sum, group| sum.saturating_add(group.credited)),
            units: 0,
        };
        sum = sum.saturating_add(self.share(&all, BasisPoints::ONE)?);
        Ok(sum.max(0))
    }

    /// `rate` of what is left of one group, rounded half up once (CO-2): `(net - named) x kept / rest x rate`. Named is what credit notes take
    /// off its lines (RF-5); kept is what was collected and did not go back, of the rest that those notes leave owed (BA-3, RF-4).
    ///
    /// # Errors
    /// [`MoneyError`] when the amount is beyond 64 bits.
    pub fn share(&self, group: &Group, rate: BasisPoints) -> Result<i64, MoneyError> {
        if self.total <= 0 || self.is_fully_returned() {
            return Ok(0);
        }
        let kept = i128::from(self.collected) - i128::from(self.reduction);
        let named_off = i128::from(self.explained) + i128::from(self.credited_before);
        let rest = (i128::from(self.total) - named_off).max(kept);
        // Of what the notes name, only the share counts that went back in time (RF-9).
        let all_named = i128::from(self.credited) + i128::from(self.credited_before);
        let (counted, of) = if named_off == all_named { (i128::from(named_off > 0), 1) } else { (named_off, all_named) };
        let named = i128::from(group.credited).checked_mul(counted);
        let net = i128::from(group.net).checked_mul(of).zip(named).and_then(|(net, named)| net.checked_sub(named));
        let left = net.and_then(|net| net.checked_mul(kept)).ok_or(MoneyError::Overflow)?;
        let whole = rest.checked_mul(of).and_then(|rest| rest.checked_mul(BasisPoints::ONE.get().into()));
        mul_div_half_up(left, i128::from(rate.get()), whole.ok_or(MoneyError::Overflow)?)
    }
}

/// RF-1, RF-9: what went back in time to count.
fn returned(state: &PurchaseState, terms: &Terms, steps: &mut Steps) -> i64 {
    let limit = state.at.zip(terms.clawback_days).map(|(at, days)| at + Duration::days(i64::from(days)));
    let (counted, late) = state.returned.iter().fold((0_i64, 0_i64), |(counted, late), one| {
        if limit.is_some_and(|limit| one.at >= limit) {
            (counted, late.saturating_add(one.amount))
        } else {
            (counted.saturating_add(one.amount), late)
        }
    });
    if late > 0 {
        steps.add("RF-9", "went back after the claw-back limit and does not count", Some(late));
    }
    let by_total = state.returned.iter().filter(|one| limit.is_some() && one.kind == ReturnKind::RunningTotal);
    for one in by_total {
        let when = one.at.to_rfc3339();
        steps.add("RF-9", format!("known by the charge's running total only, dated by its first telling of {when}"), Some(one.amount));
    }
    counted
}

fn groups(state: &PurchaseState, chosen: &Chosen) -> (Vec<Group>, bool) {
    let mut groups: Vec<Group> = Vec::new();
    for (line, earning) in state.lines.iter().zip(&chosen.lines) {
        if let Some(earning) = earning {
            add(&mut groups, *earning, state, line);
        }
    }
    let all_excluded = groups.is_empty() && !chosen.lines.is_empty();
    if let Some(earning) = chosen.shipping {
        add(&mut groups, earning, state, &NetLine::plain(state.shipping, 0));
    }
    groups.sort_by_key(|group| group.earning);
    (groups, all_excluded)
}

fn add(groups: &mut Vec<Group>, earning: Earning, state: &PurchaseState, line: &NetLine) {
    let credited = if line.id.is_empty() {
        0
    } else {
        state.credits.iter().filter(|c| c.line == line.id).fold(0_i64, |sum, c| sum.saturating_add(c.net))
    };
    let units = if line.proration { 0 } else { line.quantity };
    match groups.iter_mut().find(|group| group.earning == earning) {
        Some(group) => {
            group.net = group.net.saturating_add(line.net);
            group.credited = group.credited.saturating_add(credited);
            group.units = group.units.saturating_add(units);
        }
        None => groups.push(Group { earning, net: line.net, credited, units }),
    }
}
