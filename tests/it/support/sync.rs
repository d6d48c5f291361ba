//! Pulling on a stage, and what it came to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::stage::Stage;

const DATASETS: &str = "mode enabled datasets { dataType enabled status error lastSuccessAt nextAt
    pull { id status objects pages missed attempts error nextAttemptAt } }";

impl Stage {
    /// Asks for pulls: of these kinds of data, or of all but events. Gives what was answered.
    pub async fn pull(&self, kinds: Option<&[&str]>) -> Value {
        let pull = "mutation($input: StripeSyncPullInput!) { stripeSyncPull(input: $input) {
            pulls { id dataType status reason } userErrors { field code message } } }";
        let input = json!({ "connectionId": self.connection, "dataTypes": kinds });
        self.ask(pull, json!({ "input": input })).await["stripeSyncPull"].clone()
    }

    /// Pulls everything and works it off. Every kind of data is there in the end.
    pub async fn pull_all(&self) {
        let asked = self.pull(None).await;
        assert_eq!(asked["userErrors"], json!([]));
        self.drain().await;
        for (kind, of) in self.datasets().await.into_iter().filter(|(kind, _)| kind != "EVENTS") {
            assert_eq!((&of["status"], &of["error"]), (&json!("COMPLETE"), &Value::Null), "{kind}");
        }
    }

    /// The sync of the connection.
    pub async fn sync(&self) -> Value {
        let document = format!("query($id: ID!) {{ stripeConnection(id: $id) {{ sync {{ {DATASETS} }} }} }}");
        self.ask(&document, json!({ "id": self.connection })).await["stripeConnection"]["sync"].clone()
    }

    /// Its kinds of data, by name.
    pub async fn datasets(&self) -> BTreeMap<String, Value> {
        let sync = self.sync().await;
        let rows = sync["datasets"].as_array().unwrap_or_else(|| panic!("{sync}")).iter();
        rows.map(|row| (row["dataType"].as_str().unwrap().to_owned(), row.clone())).collect()
    }

    /// How far each kind of data has come.
    pub async fn statuses(&self) -> BTreeMap<String, Value> {
        self.datasets().await.into_iter().map(|(kind, of)| (kind, of["status"].clone())).collect()
    }

    /// The history of pulls, the oldest first.
    pub async fn pulls(&self) -> Vec<Value> {
        let document = "{ stripeSyncPulls(first: 100, orderBy: OLDEST) { nodes {
            id dataType reason status objects pages missed error startedAt finishedAt } } }";
        self.ask(document, json!({})).await["stripeSyncPulls"]["nodes"].as_array().unwrap().clone()
    }

    /// Changes the sync. Gives it.
    pub async fn change_sync(&self, mut change: Value) -> Value {
        change["connectionId"] = json!(self.connection);
        let document = format!(
            "mutation($input: StripeSyncUpdateInput!) {{ stripeSyncUpdate(input: $input) {{
                sync {{ {DATASETS} }} userErrors {{ field code message }} }} }}"
        );
        let done = self.ask(&document, json!({ "input": change })).await["stripeSyncUpdate"].clone();
        assert_eq!(done["userErrors"], json!([]));
        done["sync"].clone()
    }

    /// Changes what is wanted of a kind of data. Gives what was answered.
    pub async fn change_dataset(&self, kind: &str, mut change: Value) -> Value {
        change["connectionId"] = json!(self.connection);
        change["dataType"] = json!(kind);
        let document = "mutation($input: StripeSyncDatasetUpdateInput!) { stripeSyncDatasetUpdate(input: $input) {
            sync { mode } userErrors { field code message } } }";
        self.ask(document, json!({ "input": change })).await["stripeSyncDatasetUpdate"].clone()
    }
}
