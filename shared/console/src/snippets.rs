//! Code that verifies a signature, as the documents have it. None has a secret in it.

const README: &str = include_str!("../../../README.md");
const RECEIVE: &str = include_str!("../../../docs/receive.md");

/// The code of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snippet {
    pub(crate) language: &'static str,
    pub(crate) code: &'static str,
    /// How it is called, with the secret from the environment.
    pub(crate) call: &'static str,
}

/// Where a language's code is.
struct Source {
    language: &'static str,
    document: &'static str,
    /// What its code block begins with.
    fence: &'static str,
    /// What only the right block has.
    holds: &'static str,
    call: &'static str,
}

const SOURCES: [Source; 6] = [
    Source {
        language: "Python",
        document: README,
        fence: "```python\n",
        holds: "def verify(",
        call: r#"verify(os.environ["WEBHOOK_SECRET"], body, headers["x-webhook-signature"])"#,
    },
    Source {
        language: "JavaScript",
        document: README,
        fence: "```js\n",
        holds: "function verify(",
        call: r#"verify(process.env.WEBHOOK_SECRET, body, headers["x-webhook-signature"])"#,
    },
    Source {
        language: "Rust",
        document: README,
        fence: "```rust\n",
        holds: "fn verify(",
        call: r#"verify(&std::env::var("WEBHOOK_SECRET")?, &body, signature)"#,
    },
    Source {
        language: "Go",
        document: RECEIVE,
        fence: "```go\n",
        holds: "func verify(",
        call: r#"verify(os.Getenv("WEBHOOK_SECRET"), body, r.Header.Get("X-Webhook-Signature"))"#,
    },
    Source {
        language: "PHP",
        document: RECEIVE,
        fence: "```php\n",
        holds: "function verify(",
        call: r#"verify(getenv("WEBHOOK_SECRET"), $body, $_SERVER["HTTP_X_WEBHOOK_SIGNATURE"]);"#,
    },
    Source {
        language: "Ruby",
        document: RECEIVE,
        fence: "```ruby\n",
        holds: "def verify(",
        call: r#"verify(ENV.fetch("WEBHOOK_SECRET"), body, request.get_header("HTTP_X_WEBHOOK_SIGNATURE"))"#,
    },
];

impl Source {
    fn snippet(&self) -> Option<Snippet> {
        let blocks = self.document.split(self.fence).skip(1);
        let mut blocks = blocks.filter_map(|rest| rest.split("\n```").next());
        let code = blocks.find(|code| code.contains(self.holds))?;
        Some(Snippet { language: self.language, code, call: self.call })
    }
}

/// One for each language.
pub(crate) fn all() -> Vec<Snippet> {
    SOURCES.iter().filter_map(Source::snippet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_languages_verify_and_read_the_secret_from_the_environment() {
        let all = all();
        let languages: Vec<&str> = all.iter().map(|one| one.language).collect();
        assert_eq!(languages, ["Python", "JavaScript", "Rust", "Go", "PHP", "Ruby"]);
        for Snippet { language, code, call } in all {
            assert!(!code.contains("```") && !code.contains("whsec_"), "{language}: {code}");
            assert!(call.contains("WEBHOOK_SECRET"), "{language}");
        }
    }
}
