//! The one list of settings: their names, defaults and meaning.
//!
//! `docs/CONFIGURATION.md` holds the same as a table; a test compares the two.

/// A setting. The key is its name in the configuration file.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub key: &'static str,
    /// Environment variables, the first wins.
    pub variables: &'static [&'static str],
    /// Its key in the original program's `config.json`, where that may set it.
    pub original: Option<&'static str>,
    /// The value names a file or a folder.
    pub is_path: bool,
    /// A limit or a trial's switch, which few ever need.
    pub is_rare: bool,
    /// What holds without it; a number is one that could be given.
    pub default: &'static str,
    /// What it does and what it may be, for the documentation.
    pub meaning: &'static str,
}

const fn setting(
    key: &'static str,
    variables: &'static [&'static str],
    default: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { key, variables, original: None, is_path: false, is_rare: false, default, meaning }
}

impl Setting {
    const fn path(self) -> Self {
        Self { is_path: true, ..self }
    }

    const fn rare(self) -> Self {
        Self { is_rare: true, ..self }
    }

    const fn original(self, key: &'static str) -> Self {
        Self { original: Some(key), ..self }
    }
}

/// Every setting but the tokens, which never stand in a configuration file.
pub const SETTINGS: &[Setting] = &[
    setting("region", &["INTERCOM_REGION"], "`us`", "where the workspace lives: `us`, `eu` or `au`"),
    setting(
        "base_url",
        &["INTERCOM_BASE_URL"],
        "the region's",
        "another address of the API; https anywhere, http on loopback only; it beats the region",
    ),
    setting("api_version", &["INTERCOM_API_VERSION"], "`2.16`", "the `Intercom-Version` that is asked for"),
    setting(
        "token_file",
        &["INTERCOM_ACCESS_TOKEN_FILE"],
        "the file of `login`",
        "a file that holds the access token, outside the data folder",
    )
    .path(),
    setting(
        "database",
        &["FASTINTERCOM_DB_PATH"],
        "`~/.fastintercom/data.db`",
        "the database file, in a folder of its own, which is all that the component sees",
    )
    .path(),
    setting(
        "read_only",
        &["FASTINTERCOM_READ_ONLY"],
        "`false`",
        "`true`: a replica, which only reads a copy of another server's database that may be replaced at any time",
    ),
    setting(
        "sync_interval_minutes",
        &["FASTINTERCOM_SYNC_INTERVAL_MINUTES", "FASTINTERCOM_BACKGROUND_SYNC_INTERVAL"],
        "15",
        "minutes between two background syncs",
    )
    .original("background_sync_interval_minutes"),
    setting("sync_days", &["FASTINTERCOM_SYNC_DAYS"], "7", "days that a background sync covers"),
    setting(
        "initial_sync_days",
        &["FASTINTERCOM_INITIAL_SYNC_DAYS"],
        "`sync_days`",
        "days that the first background sync covers; 0: everything, newest first",
    )
    .original("initial_sync_days"),
    setting(
        "retention_days",
        &["FASTINTERCOM_RETENTION_DAYS"],
        "everything is kept",
        "each sync removes the conversations that were not updated for so many days, with all that belongs to them, and reads none of them again",
    ),
    setting(
        "keep_raw_answers",
        &["FASTINTERCOM_KEEP_RAW_ANSWERS"],
        "`false`",
        "`true`: Intercom's answers are kept as they came, compressed, so that what a later version reads of them costs no request; without it, each sync removes those that were kept",
    ),
    setting(
        "timezone",
        &["FASTINTERCOM_TIMEZONE"],
        "the workspace's",
        "time zone of days and hours in answers, such as `Europe/Berlin`; a zone that nobody knows is told by `status`, and the default is taken",
    ),
    setting(
        "redact",
        &["FASTINTERCOM_REDACT"],
        "nothing",
        "what is blanked out in answers: `emails`, `phones`, `cards`, `accounts` (IBANs), `secrets`, `names`, separated by commas; the stored data stays",
    ),
    setting(
        "log",
        &["FASTINTERCOM_LOG"],
        "`info` for a server, `warn` for other commands",
        "what is logged to standard error: `off`, `error`, `warn`, `info`, `debug` or `trace`",
    ),
    setting("log_format", &["FASTINTERCOM_LOG_FORMAT"], "`text`", "`text` or `json`"),
    setting(
        "otlp_endpoint",
        &["FASTINTERCOM_OTLP_ENDPOINT"],
        "nothing is sent anywhere",
        "an OpenTelemetry collector that is told of each call, such as `http://127.0.0.1:4318`",
    ),
    setting(
        "audit",
        &["FASTINTERCOM_AUDIT"],
        "`on` for `serve --http`, else `off`",
        "`on` or `off`: a log of each call that read something, and what it read",
    ),
    setting(
        "audit_folder",
        &["FASTINTERCOM_AUDIT_FOLDER"],
        "`audit` in the system's folder for logs",
        "where that log is, outside the data folder; several servers may share it",
    )
    .path(),
    setting(
        "audit_arguments",
        &["FASTINTERCOM_AUDIT_ARGUMENTS"],
        "`full`",
        "`full`: the log has the arguments of calls; `hash`: only their SHA-256",
    ),
    setting(
        "audit_sync",
        &["FASTINTERCOM_AUDIT_SYNC"],
        "`false`",
        "`true`: each line is on the disk (fsync) before its answer leaves",
    ),
    setting(
        "audit_full",
        &["FASTINTERCOM_AUDIT_FULL"],
        "`refuse`",
        "when the log cannot be written, calls are refused (`refuse`) or answered all the same (`unlogged`), which the next line says",
    ),
    setting(
        "callers_file",
        &["FASTINTERCOM_CALLERS_FILE"],
        "`callers.toml` in the configuration folder",
        "for `serve --http`: who may come in with a token of their own, and what each may do",
    )
    .path(),
    setting(
        "http_token_file",
        &["FASTINTERCOM_HTTP_TOKEN_FILE"],
        "none on loopback",
        "a file with the token that callers of `serve --http` must show, outside the data folder",
    )
    .path(),
    setting(
        "http_hosts",
        &["FASTINTERCOM_HTTP_HOSTS"],
        "`localhost`",
        "further names under which callers may address `serve --http`, separated by commas; web pages there may call it",
    ),
    setting(
        "oauth_issuer",
        &["FASTINTERCOM_OAUTH_ISSUER"],
        "none",
        "an identity provider whose access tokens (JWT) let callers of `serve --http` in; the address is the tokens' `iss`, letter for letter",
    ),
    setting(
        "oauth_resource",
        &["FASTINTERCOM_OAUTH_RESOURCE"],
        "none",
        "this server's public address, such as `https://mcp.example.com/mcp`; needed with an identity provider",
    ),
    setting(
        "oauth_audience",
        &["FASTINTERCOM_OAUTH_AUDIENCE"],
        "`oauth_resource`",
        "what tokens must have in `aud`, where the identity provider puts something else there",
    ),
    setting(
        "oauth_claim",
        &["FASTINTERCOM_OAUTH_CLAIM"],
        "`sub`",
        "the claim that says who somebody is, a text or a list of texts: the `subject` of `callers.toml`",
    ),
    setting(
        "oauth_scopes",
        &["FASTINTERCOM_OAUTH_SCOPES"],
        "none",
        "scopes that clients are told to ask the identity provider for, where it wants some; tokens need not have them",
    ),
    setting(
        "certificates",
        &["SSL_CERT_FILE"],
        "the system's trust store",
        "a PEM file with further authorities, for a proxy that signs itself",
    )
    .path(),
    setting(
        "cache_folder",
        &["FASTINTERCOM_CACHE_DIR"],
        "the system's cache folder",
        "where compiled code is kept; never in the data folder",
    )
    .path()
    .rare(),
    setting(
        "component",
        &["FASTINTERCOM_COMPONENT_FILE"],
        "the one inside the program",
        "another component to run",
    )
    .path()
    .rare(),
    setting(
        "sync_interval_seconds",
        &["FASTINTERCOM_SYNC_INTERVAL_SECONDS"],
        "`sync_interval_minutes`",
        "the interval in seconds, for tests and trials; it beats the minutes",
    )
    .rare(),
    setting(
        "max_in_flight",
        &["FASTINTERCOM_MAX_IN_FLIGHT"],
        "60",
        "conversations fetched at the same time, at most",
    )
    .rare(),
    setting(
        "overlap_seconds",
        &["FASTINTERCOM_OVERLAP_SECONDS"],
        "600",
        "how much of the time before is read again, for the lag of Intercom's search",
    )
    .rare(),
    setting(
        "call_timeout_seconds",
        &["FASTINTERCOM_CALL_TIMEOUT_SECONDS"],
        "30",
        "how long a tool call may compute; waiting for a sync is not counted",
    )
    .rare(),
    setting(
        "sync_stall_seconds",
        &["FASTINTERCOM_SYNC_STALL_SECONDS"],
        "300",
        "a sync without any progress for so long is ended",
    )
    .rare(),
    setting("answer_mb", &["FASTINTERCOM_ANSWER_MB"], "8", "the largest answer of a tool").rare(),
    setting(
        "audit_file_mb",
        &["FASTINTERCOM_AUDIT_FILE_MB"],
        "64",
        "size at which the audit log begins a new file",
    )
    .rare(),
    setting("memory_mb", &["FASTINTERCOM_MEMORY_MB"], "512", "memory of one instance of the component")
        .rare(),
    setting(
        "memory_total_mb",
        &["FASTINTERCOM_MEMORY_TOTAL_MB"],
        "2048",
        "memory of all instances, unread answers of the network included",
    )
    .rare(),
    setting("readers", &["FASTINTERCOM_READERS"], "4", "tool calls answered at the same time").rare(),
    setting(
        "connect_timeout_seconds",
        &["FASTINTERCOM_CONNECT_TIMEOUT_SECONDS"],
        "10",
        "how long a connection to Intercom, or to the proxy, may take",
    )
    .rare(),
    setting(
        "first_byte_timeout_seconds",
        &["FASTINTERCOM_FIRST_BYTE_TIMEOUT_SECONDS"],
        "60",
        "how long Intercom may take to begin an answer",
    )
    .rare(),
    setting(
        "response_timeout_seconds",
        &["FASTINTERCOM_RESPONSE_TIMEOUT_SECONDS"],
        "120",
        "how long an answer of Intercom may take from its first to its last byte",
    )
    .rare(),
    setting("response_mb", &["FASTINTERCOM_RESPONSE_MB"], "64", "the largest answer of Intercom, unpacked")
        .rare(),
];
