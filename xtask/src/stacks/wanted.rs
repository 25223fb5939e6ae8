//! The stacks that the black-box tests ask for, each a deployment of the template with parameters of its own.

/// A stack that tests may ask for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// What a test asks for, and what the stack is called.
    pub(crate) name: &'static str,
    /// On which of the two emulators.
    pub(crate) waits: Waits,
    /// Whether a later run may use it again.
    pub(crate) reuse: Reuse,
    /// The template's parameters, where they differ from its defaults.
    pub(crate) parameters: &'static [(&'static str, &'static str)],
}

/// How long a Step Functions wait takes. It is a setting of the emulator, so each has an emulator of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    Real,
    /// A second takes a millisecond, so that the schedule's hours pass in seconds.
    Shortened,
}

impl Waits {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Real, Self::Shortened];

    /// What the seconds of a wait are multiplied by.
    pub(crate) const fn scale(self) -> f64 {
        match self {
            Self::Real => 1.0,
            Self::Shortened => 0.001,
        }
    }

    /// What the emulator's log and files are named after.
    pub(crate) const fn emulator(self) -> &'static str {
        match self {
            Self::Real => "emulator-test",
            Self::Shortened => "emulator-test-scaled",
        }
    }
}

/// What a run leaves of a stack for the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// Its tests touch only what carries their own ids.
    Kept,
    /// A test changes the stack, or looks at a queue as a whole: each run gets a new one.
    EachRun,
}

/// The parameters under which lost messages come back while a test waits.
const SHORT_TIMEOUTS: &[(&str, &str)] = &[
    ("LongestQueueDelaySeconds", "2"),
    ("LongestRequestSeconds", "10"),
    ("RecordRetrySeconds", "5"),
    ("FunctionTimeoutSeconds", "30"),
    ("VisibilityTimeoutSeconds", "30"),
];

/// All of them.
pub(crate) const STACKS: [Wanted; 9] = [
    Wanted { name: "main", waits: Waits::Real, reuse: Reuse::Kept, parameters: &[] },
    // What production allows, which excludes every local receiver; few requests, one page, a key of the
    // owner's, and tables that are prepared for more than a new one.
    Wanted {
        name: "strict",
        waits: Waits::Real,
        reuse: Reuse::Kept,
        parameters: &[
            ("AllowHttpTargets", "false"),
            ("AllowPrivateTargets", "false"),
            ("RequestsPerUserPerMinute", "200"),
            ("CorsAllowedOrigins", "https://app.example.com"),
            (
                "KmsKeyArn",
                "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000",
            ),
            ("WarmReadUnitsPerSecond", "13000"),
            ("WarmWriteUnitsPerSecond", "5000"),
        ],
    },
    // Short delays go by a shared wait. What is wrong with published events is reported.
    Wanted {
        name: "tight",
        waits: Waits::Real,
        reuse: Reuse::Kept,
        parameters: &[
            ("EventValidation", "warn"),
            ("LongestQueueDelaySeconds", "2"),
            ("LongestRequestSeconds", "10"),
            ("RecordRetrySeconds", "5"),
            ("FunctionTimeoutSeconds", "30"),
            ("VisibilityTimeoutSeconds", "30"),
        ],
    },
    // Circuit breakers that open soon and are due soon; and published events that are refused.
    Wanted {
        name: "circuit",
        waits: Waits::Real,
        reuse: Reuse::Kept,
        parameters: &[
            ("CircuitFailures", "3"),
            ("CircuitFirstIntervalSeconds", "2"),
            ("EventValidation", "reject"),
        ],
    },
    // Its test puts a proxy before the functions and kills them.
    Wanted { name: "crash", waits: Waits::Real, reuse: Reuse::EachRun, parameters: SHORT_TIMEOUTS },
    // The same, apart from it: here functions take full batches.
    Wanted {
        name: "poison",
        waits: Waits::Real,
        reuse: Reuse::EachRun,
        parameters: SHORT_TIMEOUTS,
    },
    // For `grapnel doctor`, which looks at whole queues and would find what other tests leave there.
    Wanted {
        name: "doctor",
        waits: Waits::Real,
        reuse: Reuse::EachRun,
        parameters: &[
            ("CorsAllowedOrigins", "https://app.example.com"),
            // The emulator's account has as much concurrency as the machine has memory for.
            ("IngestMaximumConcurrency", "2"),
            ("DeliveryMaximumConcurrency", "10"),
        ],
    },
    // Its functions remember the keys of the issuer, whose address the fleet adds.
    Wanted {
        name: "tokens",
        waits: Waits::Real,
        reuse: Reuse::EachRun,
        parameters: &[("JwtAudience", "hooks"), ("JwtDefaultScopes", "webhooks:read")],
    },
    // Its dead letters are redriven, all of them.
    Wanted {
        name: "scaled",
        waits: Waits::Shortened,
        reuse: Reuse::EachRun,
        parameters: &[("LongestQueueDelaySeconds", "0")],
    },
];

/// The stack of this name.
pub(crate) fn wanted(name: &str) -> Option<&'static Wanted> {
    STACKS.iter().find(|stack| stack.name == name)
}
