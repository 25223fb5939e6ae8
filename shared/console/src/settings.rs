//! What a deployment decides about its console.

use crate::accent::Accent;
use grapnel_wire::portal::Theme;

/// What the pages show beside a user's things, and who may embed them.
#[derive(Debug, Default)]
pub struct Settings {
    /// The console's address, without a slash at the end. Absent, it follows from each request.
    pub url: Option<String>,
    /// The origins whose pages may embed sessions of portal links.
    pub frame_origins: Vec<String>,
    /// The product's name.
    pub product: Option<String>,
    /// The colours, unless a link says otherwise. Absent, the reader's system decides.
    pub theme: Option<Theme>,
    /// The parts that the platform does not offer.
    pub offers: Offers,
    /// The accent colour.
    pub accent: Option<Accent>,
}

/// What the pages offer. A view asks before it shows one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offers {
    /// Conditions on the data of events.
    pub filters: bool,
    /// Templates of bodies.
    pub transforms: bool,
    /// Signing secrets.
    pub secrets: bool,
}

impl Default for Offers {
    fn default() -> Self {
        Self { filters: true, transforms: true, secrets: true }
    }
}

impl Settings {
    /// The product's name, or ours.
    pub(crate) fn product(&self) -> &str {
        self.product.as_deref().unwrap_or("Grapnel")
    }

    /// Whether any page may be embedded.
    pub(crate) fn embeds(&self) -> bool {
        !self.frame_origins.is_empty()
    }

    /// Whether pages of this origin may embed ours, and send a sign-in.
    pub(crate) fn is_listed(&self, origin: &str) -> bool {
        self.frame_origins.iter().any(|listed| listed == origin)
    }
}
