//! What a merchant says on a stage about money: rates, signs of fraud, and who speaks.

use serde_json::{Value, json};

use super::stage::Stage;

impl Stage {
    /// Brings in exchange rates, as lines of `date,base,quote,rate`.
    pub async fn rates(&self, csv: &str) {
        let import = "mutation($input: ExchangeRatesImportInput!) { exchangeRatesImport(input: $input) { userErrors { message } } }";
        let done = self.ask(import, json!({ "input": { "csv": csv, "source": "bank" } })).await;
        assert_eq!(done["exchangeRatesImport"]["userErrors"], json!([]));
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
