use entity::value::{Currency, ExchangeRate, Money};

use super::{Daily, Quote, Rates, holds, latest};

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn rate(text: &str) -> ExchangeRate {
    ExchangeRate::from_decimal(text).unwrap()
}

fn daily(day: &str, base: &str, quote: &str, of: &str) -> Daily {
    Daily { day: day.parse().unwrap(), base: currency(base), quote: currency(quote), rate: rate(of), source: "bank".into(), own: false }
}

fn found(dailies: &[Daily], from: &str, to: &str, day: &str) -> Option<(ExchangeRate, String)> {
    holds(dailies, currency(from), currency(to), day.parse().unwrap()).map(|quote| (quote.rate, quote.day.to_string()))
}

fn told(of: &str, day: &str) -> Option<(ExchangeRate, String)> {
    Some((rate(of), day.to_owned()))
}

#[test]
fn mo_2_the_rate_of_the_purchase_s_day_counts() {
    let dailies = [daily("2025-01-02", "EUR", "USD", "1.10"), daily("2025-01-03", "EUR", "USD", "1.20")];
    assert_eq!(found(&dailies, "EUR", "USD", "2025-01-02"), told("1.10", "2025-01-02"));
    assert_eq!(found(&dailies, "EUR", "USD", "2025-01-03"), told("1.20", "2025-01-03"));
}

#[test]
fn mo_2_a_day_without_a_rate_takes_the_last_one_before_it_once_a_later_day_is_told() {
    let friday = daily("2025-01-03", "EUR", "USD", "1.10");
    let monday = daily("2025-01-06", "EUR", "USD", "1.20");
    assert_eq!(found(std::slice::from_ref(&friday), "EUR", "USD", "2025-01-04"), None, "Saturday's rate may be told yet");
    let both = [monday, friday];
    assert_eq!(found(&both, "EUR", "USD", "2025-01-04"), told("1.10", "2025-01-03"));
    assert_eq!(found(&both, "EUR", "USD", "2025-01-05"), told("1.10", "2025-01-03"));
    assert_eq!(found(&both, "EUR", "USD", "2025-01-07"), None);
}

#[test]
fn mo_2_a_rate_reaches_seven_days_and_never_back() {
    let dailies = |first: &str| [daily(first, "EUR", "USD", "1.10"), daily("2025-01-20", "EUR", "USD", "1.20")];
    assert_eq!(found(&dailies("2025-01-03"), "EUR", "USD", "2025-01-10"), told("1.10", "2025-01-03"));
    assert_eq!(found(&dailies("2025-01-02"), "EUR", "USD", "2025-01-10"), None, "eight days before");
    assert_eq!(found(&dailies("2025-01-11"), "EUR", "USD", "2025-01-10"), None, "only later ones");
}

#[test]
fn mo_2_a_later_rate_of_other_currencies_says_nothing() {
    let dailies = [daily("2025-01-03", "EUR", "USD", "1.10"), daily("2025-01-06", "EUR", "GBP", "0.85")];
    assert_eq!(found(&dailies, "EUR", "USD", "2025-01-04"), None);
}

#[test]
fn mo_2_a_rate_is_turned_round_or_led_through_a_third_currency() {
    let dailies = [daily("2025-01-02", "EUR", "USD", "1.25"), daily("2025-01-02", "EUR", "GBP", "0.85")];
    assert_eq!(found(&dailies, "USD", "EUR", "2025-01-02"), told("0.8", "2025-01-02"));
    assert_eq!(found(&dailies, "USD", "GBP", "2025-01-02"), told("0.68", "2025-01-02"));
    assert_eq!(found(&dailies, "USD", "JPY", "2025-01-02"), None);
}

#[test]
fn mo_2_the_merchant_s_own_rate_goes_before_the_instance_s() {
    let own = Daily { own: true, ..daily("2025-01-02", "USD", "EUR", "0.5") };
    assert_eq!(found(&[daily("2025-01-02", "EUR", "USD", "1.25"), own], "EUR", "USD", "2025-01-02"), told("2", "2025-01-02"));
}

#[test]
fn mo_4_without_a_rate_there_is_no_amount_and_never_one_to_one() {
    let hundred = Money::new(10_000, currency("EUR"));
    assert_eq!(Rates::none().convert(hundred, currency("USD")), Ok(None));
    assert_eq!(Rates::none().convert(hundred, currency("EUR")), Ok(Some(hundred)));
}

#[test]
fn mo_3_the_rate_that_was_used_first_stays() {
    let quote = |of: &str| Quote { rate: rate(of), day: "2025-01-02".parse().unwrap(), source: "bank".into() };
    let mut rates = Rates::none();
    rates.add(currency("EUR"), currency("USD"), quote("1.10"));
    rates.add(currency("EUR"), currency("USD"), quote("1.20"));
    assert_eq!(rates.convert(Money::new(2_000, currency("EUR")), currency("USD")), Ok(Some(Money::new(2_200, currency("USD")))));
    assert_eq!(rates.iter().count(), 1);
}

#[test]
fn mo_5_a_payout_takes_the_last_rate_that_is_known() {
    let dailies =
        [daily("2025-01-03", "EUR", "USD", "1.10"), daily("2025-01-06", "USD", "EUR", "0.8"), daily("2025-01-09", "EUR", "USD", "1.30")];
    let known = |day: &str| {
        latest(&dailies, currency("EUR"), currency("USD"), day.parse().unwrap()).map(|quote| (quote.rate, quote.day.to_string()))
    };
    assert_eq!(known("2025-01-03"), told("1.10", "2025-01-03"));
    assert_eq!(known("2025-01-05"), told("1.10", "2025-01-03"), "no later day has to be told");
    assert_eq!(known("2025-01-06"), told("1.25", "2025-01-06"), "turned round");
    assert_eq!(known("2025-01-08"), told("1.25", "2025-01-06"), "never a later one");
    assert_eq!(known("2025-01-16"), told("1.30", "2025-01-09"));
    assert_eq!(known("2025-01-17"), None, "eight days before");
    assert_eq!(known("2025-01-02"), None);
}
