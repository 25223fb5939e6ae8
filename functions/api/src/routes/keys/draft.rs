//! What a body asks a key to be. Everything may be left out.

use crate::body::Object;
use grapnel_domain::{
    fault::{Faults, FieldFault},
    number::whole,
    scope::Scope,
    time::Timestamp,
};
use std::time::Duration;

const FIELDS: &[&str] = &["name", "description", "scopes", "expiresAt", "expiresInDays"];

/// Most characters of a name.
const MAX_NAME_CHARS: usize = 100;
/// Most characters of a description.
const MAX_DESCRIPTION_CHARS: usize = 500;
/// The longest time that a key can be given: ten years. One that lasts longer has no end.
const MAX_DAYS: u32 = 3653;

const DAY: Duration = Duration::from_secs(86_400);

/// What was asked for.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    /// Sorted, without repetition.
    pub(super) scopes: Vec<Scope>,
    /// A whole second, later than now.
    pub(super) expires_at: Option<Timestamp>,
}

/// Reads all fields. A key has every scope of a user if none are named.
///
/// # Errors
/// Every field at fault.
pub(super) fn parse(input: &Object, now: Timestamp) -> Result<Draft, Vec<FieldFault>> {
    let mut faults = Faults::default();
    input.refuse_others(FIELDS, &mut faults);
    let name = line(input, "name", MAX_NAME_CHARS, &mut faults);
    let description = line(input, "description", MAX_DESCRIPTION_CHARS, &mut faults);
    let scopes = scopes(input, &mut faults);
    let expires_at = expires_at(input, now, &mut faults);
    if !faults.is_empty() {
        return Err(faults.into_vec());
    }
    let scopes = scopes.unwrap_or_else(|| Scope::OF_USERS.to_vec());
    Ok(Draft { name, description, scopes, expires_at })
}

/// The `scopes` of a body, sorted; `None` if they are left out, or at fault.
pub(in crate::routes) fn scopes(input: &Object, faults: &mut Faults) -> Option<Vec<Scope>> {
    let mut scopes = Vec::new();
    match input.get("scopes")?.as_array() {
        None => faults.add("scopes", "must be a list"),
        Some(list) if list.is_empty() => faults.add("scopes", "must name at least one scope"),
        Some(list) => {
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
    Some(scopes)
}

fn line(input: &Object, field: &str, most: usize, faults: &mut Faults) -> Option<String> {
    let value = input.get(field)?;
    let text = value.as_str().filter(|text| {
        !text.trim().is_empty() && text.chars().count() <= most && !text.contains(char::is_control)
    });
    if text.is_none() {
        faults.add(field, format!("must be a text of 1 to {most} characters on one line"));
    }
    text.map(str::to_owned)
}

/// The end of the key, by either of its fields.
fn expires_at(input: &Object, now: Timestamp, faults: &mut Faults) -> Option<Timestamp> {
    let last = now.plus(DAY * MAX_DAYS);
    match (input.get("expiresAt"), input.get("expiresInDays")) {
        (None, None) => None,
        (Some(_), Some(_)) => {
            faults.add("expiresInDays", "must be left out where `expiresAt` is given");
            None
        }
        (Some(value), None) => {
            let time = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
            let end = time.map(Timestamp::whole_second).filter(|end| now < *end && *end <= last);
            if end.is_none() {
                let message = format!(
                    "must be a time as in RFC 3339, later than now, and at most {MAX_DAYS} days"
                );
                faults.add("expiresAt", message);
            }
            end
        }
        (None, Some(value)) => {
            let days = whole(value).and_then(|days| u32::try_from(days).ok());
            let days = days.filter(|days| (1..=MAX_DAYS).contains(days));
            if days.is_none() {
                let message = format!("must be a whole number from 1 to {MAX_DAYS}");
                faults.add("expiresInDays", message);
            }
            days.map(|days| now.plus(DAY * days).whole_second())
        }
    }
}
