//! Names of fields in JSON.

/// The field's name in JSON: `expires_at` is `expiresAt`.
#[must_use]
pub fn camel(field: &str) -> String {
    let mut parts = field.trim_start_matches("r#").split('_');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (first, rest) = part.split_at(part.len().min(1));
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    name
}
