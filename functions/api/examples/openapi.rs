//! Prints the API's OpenAPI document as its routes make it now. `cargo xtask openapi --write` keeps
//! it.

fn main() -> Result<(), serde_json::Error> {
    print!("{}", grapnel_api::document()?);
    Ok(())
}
