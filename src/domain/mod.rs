//! Pure decisions: values in, values out. No async, database, clock, randomness or words of Stripe.
