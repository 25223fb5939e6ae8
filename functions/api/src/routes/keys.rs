//! `/api/keys`: for the admin.

use crate::{
    auth::Caller,
    body::{Incoming, Object},
    ports::{Api, Ports},
    problem::Problem,
    views::{self, NewKeyView},
};
use axum::{extract::State, http::StatusCode, response::Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use grapnel_domain::{
    fault::{Faults, FieldFault},
    ports::{ApiKey, Clock, GenerateIds, KeyHash, StoreKeys},
    scope::Scope,
};
use std::sync::Arc;

/// What a user's key begins with, so that one that leaked is recognised.
const KEY_PREFIX: &str = "gk_";

/// `POST /api/keys`: makes a key for a user. Only its hash is stored: this answer is the one time
/// that the key is shown.
pub(super) async fn create<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may_manage_keys()?;
    let mut input = body.object().await?;
    let user_id = permit.user_with(input.take_user()?)?;
    let scopes = scopes(&input).map_err(Problem::invalid_fields)?;

    let key = format!("{KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(api.ids.token()));
    let stored = ApiKey { id: api.ids.key_id(), user_id, scopes, created_at: api.clock.now() };
    api.keys.store_key(&KeyHash::of(&key), &stored).await?;
    views::json(StatusCode::CREATED, &NewKeyView::new(&stored, &key))
}

/// The `scopes` asked for, sorted; all of them if none are named.
fn scopes(input: &Object) -> Result<Vec<Scope>, Vec<FieldFault>> {
    let mut faults = Faults::default();
    input.refuse_others(&["scopes"], &mut faults);
    let mut scopes = Vec::new();
    match input.get("scopes").map(|value| value.as_array()) {
        None => scopes.extend(Scope::ALL),
        Some(None) => faults.add("scopes", "must be a list"),
        Some(Some(list)) if list.is_empty() => {
            faults.add("scopes", "must name at least one scope; left out, it stands for all");
        }
        Some(Some(list)) => {
            for (index, entry) in list.iter().enumerate() {
                let field = format!("scopes[{index}]");
                match entry.as_str().map(str::parse::<Scope>) {
                    None => faults.add(field, "must be a string"),
                    Some(Err(unknown)) => faults.add(field, unknown.to_string()),
                    Some(Ok(scope)) if scopes.contains(&scope) => {
                        faults.add(field, format!("`{scope}` is named twice"));
                    }
                    Some(Ok(scope)) => scopes.push(scope),
                }
            }
        }
    }
    scopes.sort_unstable();
    if faults.is_empty() { Ok(scopes) } else { Err(faults.into_vec()) }
}
