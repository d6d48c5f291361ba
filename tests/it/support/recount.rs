//! Recounts as a merchant's server asks for them, and the tables that they must leave alone.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use tributary::service::Services;

use super::stage::Stage;

const FIELDS: &str = "id kind status from to purchasesDone purchasesTotal persons changed error
    totals { before { amount currency } after { amount } beyond { amount } delta { amount } commissionsBefore commissionsAfter gaining losing }
    caps { cap purchases cut { amount } }
    partners(first: 100, orderBy: LOSSES) { nodes { enrollment { id } before { amount } after { amount } beyond { amount } delta { amount } } }";

const ROWS: &str = "rows(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { purchase { id } enrollment { id } within before { amount } after { amount } delta { amount }
        pendingBefore { amount } pendingAfter { amount } paid { amount } reasonBefore reasonAfter } }";

impl Stage {
    /// Asks for a recount of the program, and gives the payload: `begun` or `userErrors`.
    pub async fn begin(&self, mutation: &str, mut input: Value) -> Value {
        input["programId"] = json!(self.program);
        let (first, rest) = mutation.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let document = format!(
            "mutation($input: {kind}!) {{ done: {mutation}(input: $input) {{ recount {{ id status }} userErrors {{ field code }} }} }}"
        );
        self.ask(&document, json!({ "input": input })).await["done"].clone()
    }

    /// Lets a recount go through everything, and gives all of it.
    pub async fn recount(&self, mutation: &str, input: Value) -> Value {
        let begun = self.begin(mutation, input).await;
        assert_eq!(begun["userErrors"], json!([]), "{mutation}");
        self.drain().await;
        let recount = self.recounted(&begun["recount"]["id"]).await;
        assert_eq!(recount["status"], "DONE", "{recount}");
        recount
    }

    /// A recount as far as it has come.
    pub async fn recounted(&self, id: &Value) -> Value {
        let document = format!("query($id: ID!, $after: String) {{ recount(id: $id) {{ {FIELDS} {ROWS} }} }}");
        self.ask(&document, json!({ "id": id })).await["recount"].clone()
    }

    /// Every row of a recount, as [`lines`] writes them.
    pub async fn all_lines(&self, id: &Value) -> Vec<String> {
        let document = format!("query($id: ID!, $after: String) {{ recount(id: $id) {{ {ROWS} }} }}");
        let (mut all, mut after) = (Vec::new(), Value::Null);
        loop {
            let found = self.ask(&document, json!({ "id": id, "after": after })).await["recount"].clone();
            all.extend(lines(&found));
            if found["rows"]["pageInfo"]["hasNextPage"] != json!(true) {
                all.sort();
                return all;
            }
            after = found["rows"]["pageInfo"]["endCursor"].clone();
        }
    }

    /// A version that only those take to whom it is given.
    pub async fn assigned_version(&self, terms: Value) -> Value {
        let create = "mutation($input: TermsCreateInput!) { termsCreate(input: $input) { terms { id } userErrors { field message } } }";
        let input = json!({ "programId": self.program, "terms": terms, "audience": "ASSIGNED" });
        let done = self.ask(create, json!({ "input": input })).await;
        assert_eq!(done["termsCreate"]["userErrors"], json!([]));
        done["termsCreate"]["terms"]["id"].clone()
    }

    /// Judges everything that was bought by another version. What is posted is what was shown before, to the last row.
    pub async fn reattributes(&self, terms: Value) {
        let version = self.assigned_version(terms.clone()).await;
        let preview = self.recount("programReattribute", json!({ "termsId": version })).await;
        let input = json!({ "termsId": version, "dryRun": false, "previewId": preview["id"] });
        let done = self.recount("programReattribute", input).await;
        assert_eq!(self.all_lines(&done["id"]).await, self.all_lines(&preview["id"]).await, "{terms}");
        assert_eq!((&done["totals"], &done["partners"]), (&preview["totals"], &preview["partners"]), "{terms}");
    }

    /// Counting anew by the terms in force finds nothing to change: the first run and every later one are one.
    pub async fn replays(&self) {
        let preview = self.recount("programReattribute", json!({})).await;
        assert_eq!((&preview["changed"], &preview["rows"]["nodes"]), (&json!(0), &json!([])), "{preview:#}");
    }
}

/// The rows of a recount, each in a line that says nothing of ids but the purchase's.
pub fn lines(recount: &Value) -> Vec<String> {
    let nodes = recount["rows"]["nodes"].as_array().unwrap();
    let amount = |row: &Value, field: &str| row[field]["amount"].as_str().unwrap().to_owned();
    let mut lines: Vec<String> = nodes
        .iter()
        .map(|row| {
            let (before, after, paid) = (amount(row, "before"), amount(row, "after"), amount(row, "paid"));
            let (was, is) = (&row["reasonBefore"], &row["reasonAfter"]);
            format!("{} {} {before} to {after}, paid {paid}, {was} {is}", row["purchase"]["id"], row["enrollment"]["id"])
        })
        .collect();
    lines.sort();
    lines
}

/// The content of every table but those of recounts, a line a row.
pub async fn tables(services: &Services) -> BTreeMap<String, Vec<String>> {
    let db = services.db.read();
    let backend = db.get_database_backend();
    let names = match backend {
        DbBackend::Postgres => "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    };
    let list = async |sql: String| -> Vec<String> {
        let rows = db.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    };
    let mut tables = BTreeMap::new();
    for name in list(names.to_owned()).await.into_iter().filter(|name| !name.starts_with("recount")) {
        let rows = match backend {
            DbBackend::Postgres => format!("SELECT t::text FROM \"{name}\" t ORDER BY 1"),
            _ => {
                let columns = list(format!("SELECT name FROM pragma_table_info('{name}')")).await;
                let quoted: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
                format!("SELECT {} FROM \"{name}\" ORDER BY 1", quoted.join(" || ',' || "))
            }
        };
        tables.insert(name.clone(), list(rows).await);
    }
    tables
}
