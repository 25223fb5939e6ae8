//! Looks up host names at the system's name servers.

use std::{future::Future, io, net::IpAddr, pin::Pin, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::{ResolveHosts, ResolverConfig, ResolverOpts},
    lookup::Lookup,
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::rr::{Name, RecordType},
    system_conf::read_system_conf,
};

/// The result of a look-up.
pub(crate) type Found = Result<Vec<IpAddr>, LookUpError>;

/// Finds the addresses of a host name.
pub(crate) trait LookUp: Send + Sync + 'static {
    /// All IPv4 and IPv6 addresses of `name`, an absolute name with or without its final dot.
    fn look_up(&self, name: &str) -> Pin<Box<dyn Future<Output = Found> + Send>>;
}

/// Why there are no addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LookUpError {
    /// `NXDOMAIN`, or a name that is not valid in DNS.
    #[error("the host name {0} does not exist")]
    NoSuchName(String),
    /// The name exists and has neither an A nor an AAAA record.
    #[error("the host name {0} has no address")]
    NoAddress(String),
    /// The name server failed or did not answer.
    #[error("{0}")]
    Unavailable(String),
}

/// Longest time for one round of queries. There is one more round, so a lost packet costs less than
/// half of a request's default 10 s.
const ROUND: Duration = Duration::from_secs(2);

/// How long answers are cached at most. A burst of deliveries to one host makes one query, which
/// matters where queries are limited (1,024 per second for a network interface in a VPC). A
/// receiver's new address is found before its first retry.
const KEPT: Duration = Duration::from_secs(30);

/// "Does not exist" is cached for a shorter time: the owner may be about to fix it.
const KEPT_NEGATIVE: Duration = Duration::from_secs(5);

/// Maximum number of cached answers.
const MOST_KEPT: u64 = 1024;

/// The name servers of the system.
pub(crate) struct SystemNames(Result<TokioResolver, String>);

impl SystemNames {
    /// Reads the system's configuration. Without a usable configuration, every look-up is
    /// unavailable, and literal addresses still work. The hosts file is read only
    /// `with_hosts_file`: in production only the name server decides.
    pub(crate) fn new(with_hosts_file: bool) -> Self {
        let made = read_system_conf().and_then(|(config, options)| {
            let (_, _, servers) = config.into_parts();
            let config = ResolverConfig::from_name_servers(servers);
            resolver(config, options, with_hosts_file)
        });
        Self(made.map_err(|error| {
            tracing::warn!(%error, "this system has no usable name server configuration");
            "this system has no usable name server configuration".to_owned()
        }))
    }

    /// Uses the servers in `config`.
    #[cfg(test)]
    pub(crate) fn of(config: ResolverConfig) -> Self {
        let made = resolver(config, ResolverOpts::default(), false);
        Self(made.map_err(|error| error.to_string()))
    }
}

fn resolver(
    config: ResolverConfig,
    mut options: ResolverOpts,
    with_hosts_file: bool,
) -> Result<TokioResolver, NetError> {
    options.timeout = options.timeout.min(ROUND);
    options.attempts = 1;
    options.cache_size = MOST_KEPT;
    options.positive_max_ttl = Some(KEPT);
    options.negative_max_ttl = Some(KEPT_NEGATIVE);
    options.preserve_intermediates = false;
    options.use_hosts_file =
        if with_hosts_file { ResolveHosts::Always } else { ResolveHosts::Never };
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        .with_options(options)
        .build()
}

impl LookUp for SystemNames {
    fn look_up(&self, name: &str) -> Pin<Box<dyn Future<Output = Found> + Send>> {
        let resolver = self.0.clone();
        let name = name.to_owned();
        Box::pin(async move { ask(&resolver.map_err(LookUpError::Unavailable)?, name).await })
    }
}

async fn ask(resolver: &TokioResolver, name: String) -> Found {
    let Ok(mut absolute) = Name::from_ascii(&name) else {
        return Err(LookUpError::NoSuchName(name));
    };
    // No search list, even if the system's configuration has one.
    absolute.set_fqdn(true);
    let (v4, v6) = tokio::join!(
        resolver.lookup(absolute.clone(), RecordType::A),
        resolver.lookup(absolute, RecordType::AAAA),
    );
    both(name, v4, v6)
}

/// Combines the two answers. Addresses of one family are enough, as for every resolver. Without any
/// address, "the server failed" takes precedence over "does not exist".
fn both(name: String, v4: Result<Lookup, NetError>, v6: Result<Lookup, NetError>) -> Found {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for answer in [v4, v6] {
        match answer {
            Ok(lookup) => {
                found.extend(lookup.answers().iter().filter_map(|one| one.data.ip_addr()));
            }
            Err(error) => errors.push(error),
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    if let Some(why) = errors.iter().find_map(unavailable) {
        return Err(LookUpError::Unavailable(why));
    }
    if errors.iter().any(NetError::is_nx_domain) {
        return Err(LookUpError::NoSuchName(name));
    }
    Err(LookUpError::NoAddress(name))
}

/// What failed at the name server; `None` if it answered that there are no such records.
fn unavailable(error: &NetError) -> Option<String> {
    let why = match error {
        NetError::Dns(DnsError::NoRecordsFound(_)) => return None,
        NetError::Dns(DnsError::ResponseCode(code)) => {
            format!("the name server answered \"{}\"", code.to_str())
        }
        NetError::Timeout => "the name server did not answer in time".to_owned(),
        NetError::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "the name server refused the connection".to_owned()
        }
        NetError::Io(_) | NetError::NoConnections => {
            "the name server could not be reached".to_owned()
        }
        _ => "the name server gave no usable answer".to_owned(),
    };
    Some(why)
}
