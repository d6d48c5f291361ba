//! Integration guides: the pre-written snippets and steps of a program (S18). Pure; holds nothing secret.

/// What a guide is filled in with. All of it may be shown to anybody.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The address of this instance, without a slash at its end.
    pub public_url: &'a str,
    /// The publishable key; `None` when there is none yet.
    pub key: Option<&'a str>,
    /// The program's query parameter.
    pub query_param: &'a str,
    /// A link's address as a partner shares it.
    pub example_link: &'a str,
    /// Where Stripe delivers, one for each connection.
    pub webhook_urls: &'a [String],
}

/// How a site is tied in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "IntegrationMethod")]
pub enum Method {
    /// Customers sign up on the site before they pay.
    SignUp,
    /// Customers pay by payment link, pricing table or buy button, without an account on the site.
    PaymentLinks,
}

/// One step of a guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What the step is.
    pub title: &'static str,
    /// What to do, in plain words.
    pub text: String,
    /// What to copy, if there is something.
    pub snippet: Option<Snippet>,
}

/// Something to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The language it is in, as syntax highlighters name it.
    pub language: &'static str,
    /// The text.
    pub code: String,
}

/// What stands where a key should be, until there is one.
const NO_KEY: &str = "YOUR_PUBLISHABLE_KEY";

/// The steps of a guide, in order.
#[must_use]
pub fn steps(method: Method, facts: &Facts<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    if facts.key.is_none() {
        let text = "This program has no publishable key yet. Make one with the mutation `apiKeyCreate`, of the kind PUBLISHABLE, and name the \
                    sites on which it will stand.";
        steps.push(Step { title: "Make a publishable key", text: text.to_owned(), snippet: None });
    }
    steps.push(script(facts));
    match method {
        Method::SignUp => steps.extend([sign_up_in_page(), sign_up_on_server(facts), metadata()]),
        Method::PaymentLinks => steps.extend([payment_links(), elements(), metadata()]),
    }
    steps.extend([webhook(facts), attempt(facts)]);
    steps
}

fn script(facts: &Facts<'_>) -> Step {
    let (key, param) = (facts.key.unwrap_or(NO_KEY), facts.query_param);
    Step {
        title: "Put the snippet on every page",
        text: format!(
            "Put this line into the head of every page to which partners link, and of every page with a payment link. When somebody comes \
             with `?{param}=…` in the address, it records the visit and remembers it. It never holds the page up."
        ),
        snippet: Some(Snippet {
            language: "html",
            code: format!(r#"<script async src="{}/t.js" data-key="{key}" data-param="{param}"></script>"#, facts.public_url),
        }),
    }
}

fn sign_up_in_page() -> Step {
    Step {
        title: "Report sign-ups from the page",
        text:
            "Call this once a person has signed up, with your own id of the account. Calling it again for the same person changes nothing. \
               It can never carry money: amounts come from Stripe alone."
                .to_owned(),
        snippet: Some(Snippet {
            language: "javascript",
            code: "window.tributary = window.tributary || { q: [] };\n\
                   tributary.q.push([\"signup\", { externalId: \"YOUR_CUSTOMER_ID\", email: \"customer@example.com\" }]);"
                .to_owned(),
        }),
    }
}

fn sign_up_on_server(facts: &Facts<'_>) -> Step {
    Step {
        title: "Or report them from your server",
        text: "Safer, as nobody can make it up: pass the visitor's token (`tributary.token()` in the page) to your server and call this with a \
               secret API key that has the scope TRACK. Keep that key on the server. A visitor without a token came by no partner: leave `partner` \
               out."
            .to_owned(),
        snippet: Some(Snippet {
            language: "shell",
            code: format!(
                "curl {}/graphql \\\n  -H \"Authorization: Bearer $TRIBUTARY_SECRET_KEY\" \\\n  -H \"Content-Type: application/json\" \\\n  \
                 -d '{{\"query\": \"mutation ($input: CustomerCreateInput!) {{ customerCreate(input: $input) {{ customerId userErrors {{ field \
                 code message }} }} }}\", \"variables\": {{\"input\": {{\"externalId\": \"YOUR_CUSTOMER_ID\", \"email\": \
                 \"customer@example.com\", \"partner\": {{\"clickToken\": \"THE_VISITORS_TOKEN\"}}}}}}}}'",
                facts.public_url
            ),
        }),
    }
}

fn metadata() -> Step {
    Step {
        title: "Name the customer at Stripe",
        text: "Put these keys into the metadata of the Stripe customer, checkout session, subscription, payment intent or invoice. \
               `tributary_customer_id` is your own id of the customer, the same as at sign-up, and the surest way to tie a payment to them. \
               `tributary_partner` names who brought this one payment, by a link's code. `tributary_skip` set to true keeps a payment out. \
               All three are optional."
            .to_owned(),
        snippet: Some(Snippet {
            language: "javascript",
            code: "await stripe.checkout.sessions.create({\n  // what you have now, and:\n  metadata: { tributary_customer_id: \
                   \"YOUR_CUSTOMER_ID\" },\n  subscription_data: { metadata: { tributary_customer_id: \"YOUR_CUSTOMER_ID\" } },\n});"
                .to_owned(),
        }),
    }
}

fn payment_links() -> Step {
    Step {
        title: "Payment links need nothing more",
        text: "The snippet finds links to buy.stripe.com, also those that appear later, and adds the visitor's token as \
               `client_reference_id`. A value of your own stays in front of it. For payment links on a domain of your own add \
               data-hosts=\"pay.shop.example\" to the script."
            .to_owned(),
        snippet: Some(Snippet { language: "html", code: r#"<a href="https://buy.stripe.com/YOUR_PAYMENT_LINK">Buy</a>"#.to_owned() }),
    }
}

fn elements() -> Step {
    Step {
        title: "Pricing tables and buy buttons neither",
        text: "The snippet sets `client-reference-id` on Stripe's pricing table and buy button. Paste them as Stripe's dashboard gives them to \
               you; the publishable key in them is Stripe's own."
            .to_owned(),
        snippet: Some(Snippet {
            language: "html",
            code: "<stripe-pricing-table pricing-table-id=\"prctbl_YOURS\" publishable-key=\"YOUR_STRIPE_PUBLISHABLE_KEY\"></stripe-pricing-table>\n\
                   <stripe-buy-button buy-button-id=\"buy_btn_YOURS\" publishable-key=\"YOUR_STRIPE_PUBLISHABLE_KEY\"></stripe-buy-button>"
                .to_owned(),
        }),
    }
}

fn webhook(facts: &Facts<'_>) -> Step {
    let text = if facts.webhook_urls.is_empty() {
        "No Stripe account is connected yet. Connect one with the mutation `stripeConnectionCreate`; its answer has the address to which \
         Stripe has to deliver."
            .to_owned()
    } else {
        "In Stripe's dashboard under Developers, Webhooks, add an endpoint with this address and the events of the list `events`. Then give \
         its signing secret (whsec_…) to the mutation `stripeConnectionAddWebhookSecret`."
            .to_owned()
    };
    let code = facts.webhook_urls.join("\n");
    let snippet = (!code.is_empty()).then_some(Snippet { language: "text", code });
    Step { title: "Let Stripe deliver its events", text, snippet }
}

fn attempt(facts: &Facts<'_>) -> Step {
    Step {
        title: "Try it",
        text: "Open a partner's link in a private window, sign up or pay in test mode, and look at `purchases`: each says who earned, and why \
               or why not."
            .to_owned(),
        snippet: Some(Snippet { language: "text", code: facts.example_link.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, Method, steps};

    fn text(method: Method, key: Option<&str>, urls: &[String]) -> String {
        let facts = Facts {
            public_url: "https://track.example",
            key,
            query_param: "ref",
            example_link: "https://shop.example/?ref=ada",
            webhook_urls: urls,
        };
        let parts = steps(method, &facts).into_iter().map(|step| {
            let code = step.snippet.map(|snippet| snippet.code).unwrap_or_default();
            format!("{}\n{}\n{code}\n", step.title, step.text)
        });
        parts.collect()
    }

    #[test]
    fn a_guide_is_filled_in_with_what_is_the_programs_own() {
        let urls = ["https://track.example/webhooks/stripe/abc".to_owned()];
        let guide = text(Method::SignUp, Some("trb_pk_test_abc"), &urls);
        for part in [
            r#"<script async src="https://track.example/t.js" data-key="trb_pk_test_abc" data-param="ref"></script>"#,
            "\"signup\"",
            "customerCreate",
            "tributary_customer_id",
            "tributary_partner",
            "tributary_skip",
            "https://track.example/webhooks/stripe/abc",
            "https://shop.example/?ref=ada",
        ] {
            assert!(guide.contains(part), "{part} is missing in {guide}");
        }
        assert!(!guide.contains("buy.stripe.com"));
        let links = text(Method::PaymentLinks, Some("trb_pk_test_abc"), &urls);
        assert!(links.contains("buy.stripe.com") && links.contains("stripe-pricing-table") && links.contains("stripe-buy-button"));
        assert!(!links.contains("signup"));
    }

    #[test]
    fn what_is_missing_is_a_step() {
        let guide = text(Method::SignUp, None, &[]);
        assert!(
            guide.contains("Make a publishable key") && guide.contains("YOUR_PUBLISHABLE_KEY") && guide.contains("stripeConnectionCreate")
        );
    }
}
