//! DynamoDB, as far as the functions use it.

mod condition;
mod expression;
mod reads;
mod statements;
mod table;
mod tables;
mod units;
mod update;
mod value;
mod writes;

pub(super) use tables::Tables;

use super::refusal::{Answer, Refusal};
use serde_json::Value;

/// Carries out an operation. The tables count what it costs.
pub(super) fn carry_out(tables: &mut Tables, operation: &str, body: &Value) -> Answer {
    match operation {
        "GetItem" => reads::get(tables, body),
        "BatchGetItem" => reads::batch_get(tables, body),
        "Query" => reads::query(tables, body),
        "PutItem" | "UpdateItem" | "DeleteItem" => writes::write(tables, operation, body),
        "BatchExecuteStatement" => statements::batch_execute(tables, body),
        "TransactWriteItems" => writes::transact(tables, body),
        other => Err(Refusal::unknown(format!("the operation {other} of DynamoDB"))),
    }
}
