//! Whether the API runs.

answer! {
    #[derive(Debug)]
    Health: "The API runs." {
        required status: String = one_of(&["ok"]), "Always `ok`.";
        required version: String = text(), "The version of this API.";
    }
    example serde_json::json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") });
}
