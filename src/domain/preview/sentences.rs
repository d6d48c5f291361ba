//! A version of the rules, sentence by sentence.

use entity::value::{
    AccrueOn, CandidateKind, Cap, CapScope, CouponOverride, Duration, FlatRefund, LeadEvent, OutOfBand, ProductEffect, Reward, Terms,
    TierEffect, TierMetric, Tiers, TouchModel, TwoCodes,
};

use super::condition::words;
use super::rewards::{days, list, priority, product, reward, sum, within};

/// Says in plain words what the terms mean, the most important things first.
#[must_use]
pub fn sentences(terms: &Terms) -> Vec<String> {
    let mut told = vec![format!("A purchase earns the partner {}.", reward(terms.reward))];
    by_number(terms, &mut told);
    told.push(duration(terms.duration));
    told.extend(terms.products.iter().map(product));
    conditional(terms, &mut told);
    told.extend(terms.tiers.as_ref().into_iter().flat_map(tiers));
    told.extend(terms.caps.iter().map(cap));
    if let Some(lead) = terms.lead {
        let on = match lead.on {
            LeadEvent::Signup => "signs up",
            LeadEvent::Trial => "begins a trial",
        };
        told.push(format!("A customer who {on} earns {}, once.", sum(lead.amount, lead.currency)));
    }
    if let Some(second) = terms.second_level {
        told.push(format!("Whoever recruited the partner earns {} of what the partner earns, on top.", second.share));
    }
    base(terms, &mut told);
    attribution(terms, &mut told);
    payout(terms, &mut told);
    told
}

fn by_number(terms: &Terms, told: &mut Vec<String>) {
    if let Some(first) = terms.first {
        told.push(format!("The first payment of a customer earns {} instead.", reward(first)));
    }
    if let Some(renewal) = terms.renewal {
        told.push(format!("Each payment after the first earns {} instead.", reward(renewal)));
    }
    told.extend(terms.steps.iter().map(|step| format!("From payment {} on it is {}.", step.from, reward(step.reward))));
}

fn duration(duration: Duration) -> String {
    match duration {
        Duration::FirstOnly | Duration::Payments { n: 1 } => "Only the first payment of a customer earns.".to_owned(),
        Duration::Payments { n } => format!("The first {n} payments of a customer earn."),
        Duration::Months { n: 1 } => "A customer's payments earn for one month from the first one on.".to_owned(),
        Duration::Months { n } => format!("A customer's payments earn for {n} months from the first one on."),
        Duration::Lifetime => "A customer's payments earn without end.".to_owned(),
    }
}

fn conditional(terms: &Terms, told: &mut Vec<String>) {
    for one in &terms.conditional {
        let (place, when) = (priority(one.priority), words(&one.when));
        told.push(format!("\"{}\"{place}: if {when}, it earns {} instead.", one.id, reward(one.reward)));
    }
    if terms.conditional.len() > 1 {
        told.push("Where several of these hold, the greatest priority decides, then the one that asks for most, then the name.".to_owned());
    }
    if !terms.conditional.is_empty() && !terms.products.is_empty() {
        told.push("A rule about products goes before a condition, unless the condition has the greater priority.".to_owned());
    }
}

fn tiers(tiers: &Tiers) -> Vec<String> {
    let amount = |from: i64| match (tiers.metric, tiers.currency) {
        (TierMetric::Revenue, Some(currency)) => format!("{} of sales", sum(from, currency)),
        (TierMetric::Commission, Some(currency)) => format!("{} of commissions", sum(from, currency)),
        (TierMetric::Customers, _) => format!("{from} new customers"),
        _ => format!("{from} purchases"),
    };
    let when = match tiers.effect {
        TierEffect::Future => "from then on",
        TierEffect::Retroactive => "for all of that time, paid at its end",
    };
    let level = |level: &entity::value::TierLevel| {
        let (from, period) = (amount(level.from), within(tiers.period));
        format!("A partner who brings {from} {period} earns {} instead, {when}.", reward(level.reward))
    };
    tiers.levels.iter().map(level).collect()
}

fn cap(cap: &Cap) -> String {
    let (most, period) = (sum(cap.amount, cap.currency), cap.period.map(within).unwrap_or_default());
    match cap.scope {
        CapScope::Purchase => format!("One purchase never earns more than {most}."),
        CapScope::Customer => format!("All purchases of one customer together never earn a partner more than {most}."),
        CapScope::Partner => format!("A partner never earns more than {most} {period}."),
        CapScope::Program => format!("The program never pays more than {most} {period}."),
    }
}

fn base(terms: &Terms, told: &mut Vec<String>) {
    let mut say = |text: &str| told.push(text.to_owned());
    say("Tax, discounts and what was not really paid earn nothing; what is refunded or lost in a dispute is taken back in proportion.");
    say(if terms.include_shipping { "Shipping earns as well." } else { "Shipping earns nothing." });
    if terms.accrue_on == AccrueOn::EachPayment {
        say("An invoice that is paid in parts earns with each part.");
    }
    say(match terms.out_of_band {
        OutOfBand::Hold => "Money that was paid in another way earns, and waits until somebody has looked at it.",
        OutOfBand::Include => "Money that was paid in another way earns as well.",
        OutOfBand::Exclude => "Money that was paid in another way earns nothing.",
    });
    if !has_fixed_sum(terms) {
        return;
    }
    if terms.cap_at_base {
        say("A fixed sum is never more than what was paid without tax.");
    }
    told.push(match terms.flat_refund {
        FlatRefund::OnFull => "A fixed sum is taken back when everything was refunded.".to_owned(),
        FlatRefund::AboveShare { share } => format!("A fixed sum is taken back when more than {share} was refunded."),
    });
}

fn has_fixed_sum(terms: &Terms) -> bool {
    let steps = terms.steps.iter().map(|step| step.reward);
    let conditional = terms.conditional.iter().map(|one| one.reward);
    let levels = terms.tiers.iter().flat_map(|tiers| tiers.levels.iter().map(|level| level.reward));
    let mut rewards = [Some(terms.reward), terms.first, terms.renewal].into_iter().flatten().chain(steps).chain(conditional).chain(levels);
    rewards.any(|reward| matches!(reward, Reward::Flat { .. }))
        || terms.products.iter().any(|rule| matches!(rule.effect, ProductEffect::PerUnit { .. }))
}

fn attribution(terms: &Terms, told: &mut Vec<String>) {
    let model = match terms.touch_model {
        TouchModel::Last => "the last",
        TouchModel::First => "the first",
    };
    told.push(format!("A click counts for {}, and {model} one decides.", days(terms.window_days)));
    let order: Vec<&str> = terms.candidate_order.iter().map(|kind| candidate(*kind)).collect();
    told.push(format!("Who brought a purchase is looked for in this order: {}.", list(&order, "and at last")));
    told.push(
        match terms.coupon_override {
            CouponOverride::Never => "A partner's code never takes a customer from another partner.",
            CouponOverride::WhileLead => "A partner's code takes over a customer who has not bought yet.",
            CouponOverride::ThisPurchase => {
                "A partner's code wins the purchase on which it is used, and the customer stays with the other partner."
            }
        }
        .to_owned(),
    );
    if terms.two_codes == TwoCodes::Review {
        told.push("When codes of two partners meet on one purchase, somebody has to look at it.".to_owned());
    }
    told.push(
        if terms.new_customers_only {
            "Only customers who had bought nothing before count."
        } else {
            "Customers who had bought before count as well."
        }
        .to_owned(),
    );
    if !terms.email_match {
        told.push("The same e-mail address does not tie a purchase to a customer.".to_owned());
    }
    if terms.late_binding_days > 0 {
        told.push(format!("A purchase waits {} for a sign-up that is told late.", days(terms.late_binding_days)));
    }
}

const fn candidate(kind: CandidateKind) -> &'static str {
    match kind {
        CandidateKind::Metadata => "a partner named on the payment",
        CandidateKind::Manual => "an entry by hand",
        CandidateKind::Coupon => "a partner's code",
        CandidateKind::Binding => "the partner who has the customer",
        CandidateKind::ClientReference => "the click that a checkout carries",
        CandidateKind::Signup => "the click of the sign-up",
        CandidateKind::Email => "the same e-mail address",
    }
}

fn payout(terms: &Terms, told: &mut Vec<String>) {
    told.push(match terms.hold_days {
        0 => "A commission can be paid at once.".to_owned(),
        count => format!("A commission can be paid {} after the purchase.", days(count)),
    });
    if terms.hold_inquiries {
        told.push("A bank's inquiry holds a commission, as a dispute does.".to_owned());
    }
    if let Some(count) = terms.clawback_days {
        told.push(format!("What goes back {} or more after the purchase is not taken from the partner.", days(count)));
    }
    if !terms.pays_after_archive {
        told.push("A partner who leaves the program earns no more from customers brought before.".to_owned());
    }
}
