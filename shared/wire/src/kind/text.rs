//! Kinds of text.

use super::{Json, Kind, expect, raw::carried};
use crate::event::OWN_SOURCE;
#[cfg(feature = "openapi")]
use crate::{
    parts,
    shape::{self, Shape},
};
use grapnel_languages::fault::Faults;

const TEXT: &str = "must be a string";

/// Text that is looked at elsewhere, with a schema for what is found there.
pub struct Text {
    message: &'static str,
    #[cfg(feature = "openapi")]
    shape: fn() -> Shape,
}

/// Any text, or another value than text with this fault.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $message:expr, $shape:expr) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name() -> Text {
            Text {
                message: $message,
                #[cfg(feature = "openapi")]
                shape: || $shape.into(),
            }
        }
    };
}

text!(
    /// The token of a portal link.
    portal_token, "must be the token of a portal link", shape::text()
);
text!(
    /// The path of a page of the console.
    console_page, TEXT, parts::console_page()
);
text!(
    /// A signing secret.
    secret, TEXT, parts::secret()
);
text!(
    /// The URL of an endpoint.
    url, TEXT, parts::url()
);
text!(
    /// A pattern of event types.
    event_pattern, TEXT, shape::is("EventPattern")
);
text!(
    /// A filter of event types.
    event_types, TEXT, parts::event_types()
);
text!(
    /// The name of a known event type.
    event_type, "must be a known event type; `GET /api/event-types` lists them", parts::event_type()
);

impl Kind for Text {
    type Value = String;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<String> {
        let text = json.value.as_str().map(str::to_owned);
        expect(text, path, faults, || self.message.to_owned())
    }

    fn missing(&self) -> String {
        if self.message == TEXT { "is required".to_owned() } else { self.message.to_owned() }
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        (self.shape)()
    }
}

/// One line of text.
pub struct Line(usize);

/// One line of text of at most so many characters, not only of spaces.
#[must_use]
pub fn line(most: usize) -> Line {
    Line(most)
}

impl Line {
    /// Whether this is such a text.
    #[must_use]
    pub fn allows(&self, text: &str) -> bool {
        !text.trim().is_empty()
            && text.chars().count() <= self.0
            && !text.contains(char::is_control)
    }
}

impl Kind for Line {
    type Value = String;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<String> {
        let most = self.0;
        let text = json.value.as_str().filter(|text| self.allows(text));
        expect(text.map(str::to_owned), path, faults, || {
            format!("must be a text of 1 to {most} characters on one line")
        })
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        shape::line(self.0).into()
    }
}

/// Text of several lines.
pub struct Lines(usize);

/// Text of at most so many characters, whose only control characters are line breaks and tabs.
#[must_use]
pub fn lines(most: usize) -> Lines {
    Lines(most)
}

impl Lines {
    /// Whether this is such a text.
    #[must_use]
    pub fn allows(&self, text: &str) -> bool {
        let is_text = |char: char| !char.is_control() || matches!(char, '\n' | '\t');
        text.chars().count() <= self.0 && text.chars().all(is_text)
    }
}

impl Kind for Lines {
    type Value = String;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<String> {
        let most = self.0;
        let text = json.value.as_str().filter(|text| self.allows(text));
        expect(text.map(str::to_owned), path, faults, || {
            format!(
                "must be a text of at most {most} characters, with no control characters but line \
                 breaks and tabs"
            )
        })
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        shape::lines(self.0).into()
    }
}

/// A name of any kind, bounded in bytes.
pub struct Name {
    most_bytes: usize,
    /// A name that may not be used.
    except: Option<&'static str>,
    #[cfg(feature = "openapi")]
    shape: fn() -> Shape,
}

/// A name of at most so many bytes.
#[must_use]
pub fn name(most_bytes: usize) -> Name {
    Name {
        most_bytes,
        except: None,
        #[cfg(feature = "openapi")]
        shape: || parts::name().into(),
    }
}

/// The name of an event type that may be unknown.
#[must_use]
pub fn type_name(most_bytes: usize) -> Name {
    Name {
        #[cfg(feature = "openapi")]
        shape: || parts::formatted(parts::name(), "event-type").into(),
        ..name(most_bytes)
    }
}

/// The name of a source other than Grapnel.
#[must_use]
pub fn source(most_bytes: usize) -> Name {
    Name {
        except: Some(OWN_SOURCE),
        #[cfg(feature = "openapi")]
        shape: || shape::except(parts::name(), &[OWN_SOURCE]).into(),
        ..name(most_bytes)
    }
}

impl Kind for Name {
    type Value = String;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<String> {
        let most = self.most_bytes;
        let text = json.value.as_str();
        let text = text
            .filter(|text| (1..=most).contains(&text.len()) && !text.contains(char::is_control));
        let text = expect(text, path, faults, || {
            format!("must be a text of 1 to {most} bytes without control characters")
        })?;
        if self.except == Some(text) {
            faults.add(path, format!("must not be `{text}`"));
            return None;
        }
        carried(text, path, faults).map(str::to_owned)
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        (self.shape)()
    }
}
