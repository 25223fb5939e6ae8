//! Which tokens the API accepts.

use super::reader::Reader;
use grapnel_domain::{
    scope::Scope,
    token::{self, TokenRules},
    url_policy::UrlPolicy,
};

impl Reader<'_> {
    /// The rules, if an issuer is set. Its URL must satisfy the rules of webhooks' URLs, because
    /// the same client reads its keys.
    pub(super) fn tokens(&mut self, urls: UrlPolicy) -> Option<TokenRules> {
        let issuer = self.optional("JWT_ISSUER")?;
        if issuer.contains(['?', '#']) {
            self.problem("JWT_ISSUER must be a URL without query and fragment".to_owned());
        } else if let Err(faults) = urls.check(&token::discovery_url(&issuer)) {
            self.problem(format!("JWT_ISSUER {}", faults.join("; it ")));
        }
        let audiences = self.parsed("JWT_AUDIENCE", "audiences separated by commas", |text| {
            let audiences: Vec<String> = text.split(',').map(str::to_owned).collect();
            audiences.iter().all(|audience| !audience.is_empty()).then_some(audiences)
        });
        let default_scopes = match self.optional("JWT_DEFAULT_SCOPES") {
            None => Vec::new(),
            Some(_) => self.parsed("JWT_DEFAULT_SCOPES", "scopes of users, by commas", |text| {
                let scopes: Option<Vec<Scope>> =
                    text.split(',').map(|scope| scope.parse().ok()).collect();
                scopes.filter(|scopes| !scopes.contains(&Scope::Admin))
            }),
        };
        Some(TokenRules {
            issuer,
            audiences,
            user_claim: self.optional("JWT_USER_CLAIM").unwrap_or_else(|| "sub".to_owned()),
            scope_claim: self.optional("JWT_SCOPE_CLAIM").unwrap_or_else(|| "scope".to_owned()),
            scope_prefix: self.optional("JWT_SCOPE_PREFIX").unwrap_or_default(),
            default_scopes,
        })
    }
}
