//! The stacks that the black-box tests request, each a deployment of the template with different
//! parameters.

/// A stack that tests may ask for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The name in a test's request, and of the stack.
    pub(crate) name: &'static str,
    /// Selects one of the two emulators.
    pub(crate) waits: Waits,
    /// Whether a later run may use it again.
    pub(crate) reuse: Reuse,
    /// The template's parameters, where they differ from its defaults.
    pub(crate) parameters: &'static [(&'static str, &'static str)],
}

/// The speed of a Step Functions wait. It is a setting of the emulator, so each has a separate
/// emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    Real,
    /// A second takes a millisecond, so that the schedule's hours pass in seconds.
    Shortened,
}

impl Waits {
    pub(crate) const ALL: [Self; 2] = [Self::Real, Self::Shortened];

    /// The factor for the seconds of a wait.
    pub(crate) const fn scale(self) -> f64 {
        match self {
            Self::Real => 1.0,
            Self::Shortened => 0.001,
        }
    }

    /// The name of the emulator's log and files.
    pub(crate) const fn emulator(self) -> &'static str {
        match self {
            Self::Real => "emulator-test",
            Self::Shortened => "emulator-test-scaled",
        }
    }
}

/// What happens to a stack after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// Its tests use only rows and messages with their own ids.
    Kept,
    /// A test changes the stack, or reads a whole queue: each run gets a new one.
    EachRun,
}

/// Parameters with which lost messages are received again while a test waits.
const SHORT_TIMEOUTS: &[(&str, &str)] = &[
    ("LongestQueueDelaySeconds", "2"),
    ("LongestRequestSeconds", "10"),
    ("RecordRetrySeconds", "5"),
    ("FunctionTimeoutSeconds", "30"),
    ("VisibilityTimeoutSeconds", "30"),
];

pub(crate) const STACKS: [Wanted; 9] = [
    Wanted { name: "main", waits: Waits::Real, reuse: Reuse::Kept, parameters: &[] },
    // Production's restrictions, which exclude every local receiver; few requests, one page, a
    // customer's key, and tables that are prepared for more than the default.
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
    // Short delays use a shared wait. Faults of published events are reported.
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
    // Like `crash`, but separate: here functions take full batches.
    Wanted {
        name: "poison",
        waits: Waits::Real,
        reuse: Reuse::EachRun,
        parameters: SHORT_TIMEOUTS,
    },
    // For `grapnel doctor`, which checks whole queues and would find other tests' messages there.
    Wanted {
        name: "doctor",
        waits: Waits::Real,
        reuse: Reuse::EachRun,
        parameters: &[
            ("CorsAllowedOrigins", "https://app.example.com"),
            // The emulator's account has as much concurrency as the machine has memory for.
            ("IngestMaximumConcurrency", "2"),
            ("DeliveryMaximumConcurrency", "10"),
            ("IsolationMaximumConcurrency", "2"),
            ("RequestsPerUserPerMinute", "3000"),
        ],
    },
    // Its functions remember the keys of the issuer, whose address the fleet adds.
    Wanted {
        name: "tokens",
        waits: Waits::Real,
        reuse: Reuse::EachRun,
        parameters: &[("JwtAudience", "hooks"), ("JwtDefaultScopes", "webhooks:read")],
    },
    // All its dead letters are redriven.
    Wanted {
        name: "scaled",
        waits: Waits::Shortened,
        reuse: Reuse::EachRun,
        parameters: &[("LongestQueueDelaySeconds", "0")],
    },
];

/// The stack with this name.
pub(crate) fn wanted(name: &str) -> Option<&'static Wanted> {
    STACKS.iter().find(|stack| stack.name == name)
}
