//! What a merchant says on a stage about money: rates, payouts, signs of fraud, and who speaks.

use serde_json::{Value, json};

use super::stage::{Affiliate, Stage};

const PAYOUT: &str = "id status amount { decimal currency } paidAmount { decimal currency } exchangeRate exchangeRateDay exchangeRateSource
    reference replacedBy { id } createdAt sentAt paidAt cancelledAt cancelledReason entries(first: 50) { nodes { amount { decimal } } }";

impl Stage {
    /// Brings in exchange rates, as lines of `date,base,quote,rate`.
    pub async fn rates(&self, csv: &str) {
        let import = "mutation($input: ExchangeRatesImportInput!) { exchangeRatesImport(input: $input) { userErrors { message } } }";
        let done = self.ask(import, json!({ "input": { "csv": csv, "source": "bank" } })).await;
        assert_eq!(done["exchangeRatesImport"]["userErrors"], json!([]));
    }

    /// Asks for a mutation about payouts, and gives what it answers: `payout` and `userErrors`.
    pub async fn payout(&self, mutation: &str, input: Value) -> Value {
        let (first, rest) = mutation.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let document = format!(
            "mutation($input: {kind}!) {{ done: {mutation}(input: $input) {{ payout {{ {PAYOUT} }} userErrors {{ field code message }} }} }}"
        );
        self.ask(&document, json!({ "input": input })).await["done"].clone()
    }

    /// The same for what is done. Gives the payout.
    pub async fn paying(&self, mutation: &str, input: Value) -> Value {
        let done = self.payout(mutation, input).await;
        assert_eq!(done["userErrors"], json!([]), "{mutation}");
        done["payout"].clone()
    }

    /// A payout as it is now.
    pub async fn payout_by(&self, id: &Value) -> Value {
        let document = format!("query($id: ID!) {{ payout(id: $id) {{ {PAYOUT} }} }}");
        self.ask(&document, json!({ "id": id })).await["payout"].clone()
    }

    /// What stands for a partner: currency, pending, payable, reserved and paid, by currency.
    pub async fn balances(&self, affiliate: Affiliate) -> Vec<[String; 5]> {
        let query = "query($id: ID!) { balances(partnerId: $id) { currency pending { decimal } payable { decimal } reserved { decimal } paid { decimal } } }";
        let found = self.ask(query, json!({ "id": affiliate.partner })).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let row = |of: &Value| {
            let [pending, payable, reserved, paid] = ["pending", "payable", "reserved", "paid"].map(|name| text(&of[name]["decimal"]));
            [text(&of["currency"]), pending, payable, reserved, paid]
        };
        found["balances"].as_array().unwrap().iter().map(row).collect()
    }

    /// Changes what the program makes of signs of fraud.
    pub async fn fraud(&self, mut change: Value) {
        change["programId"] = json!(self.program);
        let update = "mutation($input: FraudSettingsUpdateInput!) { fraudSettingsUpdate(input: $input) { userErrors { field message } } }";
        let done = self.ask(update, json!({ "input": change })).await;
        assert_eq!(done["fraudSettingsUpdate"]["userErrors"], json!([]));
    }

    /// Signs in, and gives the access token.
    pub async fn sign_in(&self, email: &str, password: &str) -> String {
        let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { message } } }";
        let done = self.app.graphql(sign_in).variables(json!({ "input": { "email": email, "password": password } })).data().await;
        done["signIn"]["session"]["accessToken"].as_str().unwrap().to_owned()
    }
}

/// Amounts are text in GraphQL (GQ-4), and so is from how much on a level counts.
pub fn amounts_as_text(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "amount" && field.is_number() {
                    *field = json!(field.to_string());
                }
                for level in field.as_array_mut().into_iter().flatten().filter(|_| name == "levels") {
                    level["from"] = json!(level["from"].to_string());
                }
                amounts_as_text(field);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(amounts_as_text),
        _ => {}
    }
}
