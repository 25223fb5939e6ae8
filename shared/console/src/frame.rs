//! What surrounds every page.

use crate::{
    assets::{ICON, SCRIPT, STYLE},
    backend::{Kind, Look, Session},
    form_token,
    links::Links,
    settings::Settings,
    text::visible,
};
use grapnel_wire::{portal::Theme, scope::Scope};
use std::sync::Arc;

/// Which part of the console a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Deliveries,
    Webhooks,
    Verify,
    /// None of them.
    Other,
}

/// The frame of a page: its title, its files, the way to the other pages, and who looks at it.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) section: Section,
    pub(crate) links: Links,
    pub(crate) who: Option<Who>,
    settings: Arc<Settings>,
    look: Look,
    /// Whether the page may be shown within a page of a listed origin.
    is_embeddable: bool,
}

/// Who looks at a page.
#[derive(Debug)]
pub(crate) struct Who {
    /// The user whose things are shown; for an admin who has not named one, nobody.
    pub(crate) user: String,
    /// The user of the session; for an admin, the holder of the key.
    pub(crate) holder: String,
    /// The id of the session, by which the script of an open page sees that it is another one now.
    pub(crate) session: String,
    pub(crate) is_admin: bool,
    pub(crate) sees_deliveries: bool,
    pub(crate) sees_webhooks: bool,
    /// For the forms.
    pub(crate) form: String,
}

impl Who {
    /// The session with this token, on a page with these links.
    pub(crate) fn new(session: &Session, token: &str, links: &Links) -> Self {
        let user = match session.is_admin() {
            true => links.user().unwrap_or_default(),
            false => session.user.as_str(),
        };
        Self {
            user: visible(user),
            holder: visible(&session.user),
            session: session.id.clone(),
            is_admin: session.is_admin(),
            sees_deliveries: session.may(Scope::DeliveriesRead),
            sees_webhooks: session.may(Scope::WebhooksRead),
            form: form_token::of(token),
        }
    }
}

impl Frame {
    pub(crate) fn new(
        title: impl Into<String>,
        section: Section,
        links: Links,
        settings: &Arc<Settings>,
        session: Option<(&Session, &str)>,
    ) -> Self {
        let who = session.map(|(session, token)| Who::new(session, token, &links));
        let session = session.map(|(session, _)| session);
        Self {
            title: title.into(),
            section,
            links,
            who,
            settings: settings.clone(),
            look: session.map(|session| session.look.clone()).unwrap_or_default(),
            is_embeddable: session.is_some_and(|session| session.kind == Kind::Portal),
        }
    }

    /// The frame of a page that knows no session.
    pub(crate) fn bare(settings: &Arc<Settings>, title: &str, path: &str) -> Self {
        Self::new(title, Section::Other, Links::from(path, None), settings, None)
    }

    /// The same for the page that opens portal links.
    pub(crate) fn of_portal(self) -> Self {
        Self { is_embeddable: true, ..self }
    }

    /// The product's name.
    pub(crate) fn product(&self) -> String {
        visible(self.settings.product())
    }

    /// Whether the bar above the page is shown.
    pub(crate) fn has_bar(&self) -> bool {
        !self.look.hides_navigation
    }

    /// The colours, if the reader's system does not decide.
    pub(crate) fn theme(&self) -> Option<&'static str> {
        match self.look.theme.as_ref().or(self.settings.theme.as_ref()) {
            Some(Theme::Light) => Some("light"),
            Some(Theme::Dark) => Some("dark"),
            Some(Theme::Auto | Theme::Other(_)) | None => None,
        }
    }

    /// The style sheet of the accent colour.
    pub(crate) fn accent(&self) -> Option<String> {
        let accent = self.settings.accent.as_ref()?;
        Some(self.links.asset(&accent.sheet.name))
    }

    /// The origins to whose pages the script tells the height of this one.
    pub(crate) fn embedders(&self) -> Option<String> {
        let is_told = self.is_embeddable && self.settings.embeds();
        is_told.then(|| self.settings.frame_origins.join(" "))
    }

    pub(crate) fn style(&self) -> String {
        self.links.asset(&STYLE.name)
    }

    pub(crate) fn script(&self) -> String {
        self.links.asset(&SCRIPT.name)
    }

    pub(crate) fn icon(&self) -> String {
        self.links.asset(&ICON.name)
    }

    pub(crate) fn is_of_overview(&self) -> bool {
        self.section == Section::Overview
    }

    pub(crate) fn is_of_deliveries(&self) -> bool {
        self.section == Section::Deliveries
    }

    pub(crate) fn is_of_verify(&self) -> bool {
        self.section == Section::Verify
    }

    pub(crate) fn is_of_webhooks(&self) -> bool {
        self.section == Section::Webhooks
    }
}
