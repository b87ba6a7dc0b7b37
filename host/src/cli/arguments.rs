//! What can be typed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::clients::Client;
use crate::config;

/// A cache of your Intercom conversations that AI agents can search.
///
/// Without a command it serves the Model Context Protocol on standard input and output.
#[derive(Debug, Parser)]
#[command(name = "fastintercom", version, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten, next_help_heading = "Settings")]
    pub settings: Settings,
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Arguments {
    /// What is to be done; without a command, serving on standard input and output.
    pub fn command(&self) -> &Command {
        const SERVE: &Command = &Command::Serve(ServeOptions { http: None });
        self.command.as_ref().unwrap_or(SERVE)
    }
}

impl Command {
    /// Whether many clients are answered at once.
    pub fn serves_many(&self) -> bool {
        matches!(self, Self::Serve(ServeOptions { http: Some(_) }))
    }
}

/// Settings as flags; each beats its environment variable.
#[derive(Debug, Args)]
pub struct Settings {
    /// The database file [env: FASTINTERCOM_DB_PATH] [default: ~/.fastintercom/data.db]
    #[arg(long, global = true, value_name = "FILE")]
    database: Option<String>,
    /// Only read the database, a copy of another server's that may be replaced at any time: no
    /// sync, no access token [env: FASTINTERCOM_READ_ONLY]
    #[arg(long, global = true)]
    read_only: bool,
    /// Where the workspace lives: us, eu or au [env: INTERCOM_REGION] [default: us]
    #[arg(long, global = true, value_name = "REGION")]
    region: Option<String>,
    /// Another address of the API: https anywhere, http on loopback [env: INTERCOM_BASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    base_url: Option<String>,
    /// A file that holds the access token [env: INTERCOM_ACCESS_TOKEN_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<String>,
    /// Minutes between two background syncs [env: FASTINTERCOM_SYNC_INTERVAL_MINUTES] [default: 15]
    #[arg(long, global = true, value_name = "MINUTES", allow_negative_numbers = true)]
    sync_interval_minutes: Option<String>,
    /// Days that a background sync covers [env: FASTINTERCOM_SYNC_DAYS] [default: 7]
    #[arg(long, global = true, value_name = "DAYS", allow_negative_numbers = true)]
    sync_days: Option<String>,
    /// Days that the first sync covers, 0 for everything [env: FASTINTERCOM_INITIAL_SYNC_DAYS]
    #[arg(long, global = true, value_name = "DAYS", allow_negative_numbers = true)]
    initial_sync_days: Option<String>,
    /// What is logged to standard error: error, warn, info, debug or trace [env: FASTINTERCOM_LOG]
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
    /// How it is logged: text or json [env: FASTINTERCOM_LOG_FORMAT]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
    /// The component to run instead of the one inside this program
    #[arg(long, global = true, value_name = "FILE")]
    component: Option<String>,
    /// The configuration file [default: config.toml in the system's configuration folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl Settings {
    /// The flags that were given, by the setting's key.
    pub fn flags(&self) -> BTreeMap<&'static str, String> {
        let given = [
            ("database", &self.database),
            ("region", &self.region),
            ("base_url", &self.base_url),
            ("token_file", &self.token_file),
            ("sync_interval_minutes", &self.sync_interval_minutes),
            ("sync_days", &self.sync_days),
            ("initial_sync_days", &self.initial_sync_days),
            ("log", &self.log),
            ("log_format", &self.log_format),
            ("component", &self.component),
        ];
        let read_only = self.read_only.then(|| ("read_only", "true".to_owned()));
        given.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).chain(read_only).collect()
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve MCP on standard input and output, and sync in the background (the default)
    Serve(ServeOptions),
    /// Read what changed in Intercom into the database
    Sync(SyncOptions),
    /// Find conversations by words in any message
    Search(SearchOptions),
    /// Show a whole conversation
    Show(ShowOptions),
    /// Make a page with figures and charts of a period
    Report(ReportOptions),
    /// Write whole conversations, all that meet some filters, as NDJSON or Markdown
    ///
    /// They come in the order of their last change, one a line, as docs/EXPORT.md describes.
    Export(ExportOptions),
    /// Call a tool and print its structured answer, which is JSON
    ///
    /// Its arguments are flags, as in `fastintercom call check_coverage --start-date 2026-06-01
    /// --end-date 2026-06-30`, which `fastintercom call TOOL --help` lists; or all of them one JSON
    /// object. `fastintercom tools` lists the tools.
    Call(CallOptions),
    /// List the tools
    Tools(JsonOption),
    /// Say what is cached and how fresh it is
    Status(JsonOption),
    /// Say what the component may do under the present settings
    Capabilities(JsonOption),
    /// Check the database and what it needs, and say what to do about what is wrong
    Doctor(JsonOption),
    /// Write a consistent copy of the database, also while a server runs
    Backup(BackupOptions),
    /// Save what a damaged database still holds into a new one; the old file is kept
    Repair(JsonOption),
    /// Store an access token, after asking Intercom whose it is
    ///
    /// The token is read without an echo, or from standard input where that is no terminal. It is
    /// stored for you alone, outside the folder that the component sees.
    Login(JsonOption),
    /// Remove the stored access token
    Logout(JsonOption),
    /// Remove everything that is cached, after asking
    Reset(ResetOptions),
    /// Remove one person from the database, so that no sync brings them back
    ///
    /// Conversations that are theirs alone go as a whole; of others their parts, and their name
    /// elsewhere is blanked. The file is made anew, so that no byte of theirs is left, and searched
    /// again. Servers may go on running. It asks first, and prints a receipt.
    Erase(EraseOptions),
    /// Show who read what, or check that the log of it is whole
    ///
    /// `serve --http` keeps a line of each call that read something: when, who, with which
    /// program, the tool and its arguments, and which conversations and contacts were in the answer.
    Audit(AuditOptions),
    /// Let somebody in through `serve --http` with a token of their own, or no longer
    ///
    /// A server that runs notices at once.
    #[command(subcommand)]
    Caller(CallerCommand),
    /// Set up an MCP client to start this server
    ///
    /// Settings that are given here, as flags or environment variables, are written into its
    /// configuration, too. Everything else in the file stays, and a copy of it is kept.
    Install(InstallOptions),
    /// Take this server out of an MCP client's configuration
    Uninstall(UninstallOptions),
    /// Print what makes a shell complete this program's commands and options
    Completions(CompletionsOptions),
    /// Print the manual page, or write one page a command into a folder
    Manual(ManualOptions),
    /// Compile the component into the cache, for a server that may end before
    #[command(name = crate::component::compiler::COMMAND, hide = true)]
    CompileComponent,
}

#[derive(Debug, Args)]
pub struct ResetOptions {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct EraseOptions {
    /// Their e-mail address, the id of their contact in Intercom, or your own id of them
    #[arg(value_name = "PERSON")]
    pub person: String,
    /// Also remove them from that copy of the database, such as a backup; may be given again
    #[arg(long, value_name = "FILE")]
    pub copy: Vec<PathBuf>,
    /// Only count what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AuditOptions {
    #[command(subcommand)]
    pub command: Option<AuditCommand>,
    /// Only calls whose answer had that conversation or contact in it
    #[arg(long, value_name = "ID")]
    pub who_read: Option<String>,
    /// Only calls of that caller
    #[arg(long, value_name = "NAME")]
    pub caller: Option<String>,
    /// Only calls since that day (UTC) or instant
    #[arg(long, value_name = "TIME", value_parser = super::audit::since)]
    pub since: Option<String>,
    /// Print the lines as they are, a JSON object each
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no line was changed, taken out or moved
    ///
    /// Ends with code 1 if one was. Note the hash that it prints somewhere else: whoever can write
    /// to the folder could make all lines anew.
    Verify(VerifyOptions),
}

#[derive(Debug, Args)]
pub struct VerifyOptions {
    /// A hash that an earlier check printed, whose line must still be there
    #[arg(long, value_name = "HASH")]
    pub noted: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum CallerCommand {
    /// Make a token for somebody and print it, this once
    ///
    /// Only its hash is stored. The name stands in the audit log. With --subject, nothing is made:
    /// the identity provider has their token.
    Add(AddCallerOptions),
    /// Show who may come in, and what each may do
    List(JsonOption),
    /// Let somebody in no longer
    Remove(RemoveCallerOptions),
}

#[derive(Debug, Args)]
pub struct AddCallerOptions {
    /// Up to 64 letters, digits, dots, hyphens, underscores and @
    pub name: String,
    /// No token: they come in with one of the identity provider (FASTINTERCOM_OAUTH_ISSUER) that
    /// has this subject; may be given again
    #[arg(long, value_name = "SUBJECT", conflicts_with = "renew")]
    pub subject: Vec<String>,
    /// Only these tools, and no resources, prompts, completions or exports; may be given again
    #[arg(long, value_name = "TOOL", value_delimiter = ',')]
    pub tools: Vec<String>,
    /// Blank out these kinds of personal data for them, beside what FASTINTERCOM_REDACT names
    #[arg(long, value_name = "KINDS", value_parser = redact)]
    pub redact: Option<String>,
    /// Only conversations of these teams, by name or id; `unassigned` for those of none
    #[arg(long, value_name = "TEAM", value_delimiter = ',')]
    pub teams: Vec<String>,
    /// Only conversations with one of these tags
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// Only conversations of these channels: conversation (chat), email, whatsapp, …
    #[arg(long, value_name = "CHANNEL", value_delimiter = ',')]
    pub channels: Vec<String>,
    /// No internal notes
    #[arg(long)]
    pub no_notes: bool,
    /// So many calls a minute; more are answered with 429
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub calls_per_minute: Option<u32>,
    /// A new token for somebody who has one, which is none then; what else they may do stays
    #[arg(long, conflicts_with_all = ["tools", "redact", "teams", "tags", "channels", "no_notes", "calls_per_minute"])]
    pub renew: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

fn redact(text: &str) -> Result<String, String> {
    config::redactions(text).map(|_| text.to_owned())
}

#[derive(Debug, Args)]
pub struct RemoveCallerOptions {
    pub name: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct InstallOptions {
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub client: Option<Client>,
    /// Every client that this user has
    #[arg(long)]
    pub all: bool,
    /// Enter a team's server at this address (`fastintercom serve --http`) instead of this program
    #[arg(long, value_name = "URL")]
    pub http: Option<String>,
    /// Only print what would be written, and where
    #[arg(long)]
    pub print: bool,
    /// Write the token into the client's file, too: Intercom's, or with --http the one of
    /// FASTINTERCOM_HTTP_TOKEN that the server asks of callers
    #[arg(long)]
    pub with_token: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct UninstallOptions {
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub client: Option<Client>,
    /// Every client that has it
    #[arg(long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct CompletionsOptions {
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManualOptions {
    /// The folder to write the pages into, such as ~/.local/share/man/man1
    pub folder: Option<PathBuf>,
}

#[derive(Debug, Default, Args)]
pub struct ServeOptions {
    /// Serve over HTTP at this address instead, for many clients at once: MCP at /mcp, bare tool
    /// calls at /tools/NAME. Other addresses than 127.0.0.1 need FASTINTERCOM_HTTP_TOKEN_FILE
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = config::address)]
    pub http: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub struct BackupOptions {
    /// The file to write; it must not exist yet, unless --replace is given
    pub file: PathBuf,
    /// Put the copy in the place of an older one, at once and whole, as replicas want it
    #[arg(long)]
    pub replace: bool,
    /// Go on: a copy every so many minutes, until this program is ended
    #[arg(long, value_name = "MINUTES", requires = "replace", value_parser = clap::value_parser!(u32).range(1..=10_080))]
    pub every: Option<u32>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SyncOptions {
    /// The last so many days [default: the setting sync-days]
    #[arg(long, value_name = "DAYS", conflicts_with_all = ["start_date", "end_date"], value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: Option<u32>,
    /// First day, UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub start_date: Option<String>,
    /// Last day, UTC [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "start_date")]
    pub end_date: Option<String>,
    /// The last 90 days, or the range that is given
    #[arg(long)]
    pub full: bool,
    /// Fetch again everything that is cached, the newest first; what an interrupted run leaves, the next ones fetch
    #[arg(long, conflicts_with_all = ["days", "start_date", "end_date", "full"])]
    pub refetch: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SearchOptions {
    /// Words, "an exact phrase", prefix*, a OR b, -not; none: all conversations, newest first
    #[arg(num_args = 0..)]
    pub query: Vec<String>,
    /// Created since then: 7d, 24h, 2026-06-01, yesterday, "last week"
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Created until then, that day included
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only those that are open, closed or snoozed; may be given again
    #[arg(long, value_name = "STATE")]
    pub state: Vec<String>,
    /// How many to show
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
    /// Print the tool's structured answer
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ShowOptions {
    /// The conversation's id, as `search` shows it
    pub id: String,
    /// Print the tool's structured answer
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ReportOptions {
    /// Conversations created since then: 30d, 2026-06-01, "last month" [default: 30d]
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Created until then, that day included [default: now]
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// The page to write, in place of one that is there; - for standard output
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub output: PathBuf,
    /// Print the figures as JSON and write no page
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ExportOptions {
    /// ndjson: one JSON object a line; markdown: for reading
    #[arg(long, value_enum, default_value_t = ExportFormat::Ndjson)]
    pub format: ExportFormat,
    /// Instead of conversations, everything that is stored of one person (an e-mail address, the id of
    /// a contact, or your own id): a page to hand out, or JSON where FILE ends in .json
    #[arg(long, value_name = "PERSON", requires = "output",
        conflicts_with_all = ["format", "updated_after", "filter", "no_notes", "append"])]
    pub person: Option<String>,
    /// Only what changed at that time or later, inclusive, as the export before said at its end
    #[arg(long, value_name = "TIME")]
    pub updated_after: Option<String>,
    /// A filter of the tool search_conversations, such as `state=open` or `tags=refund`; may be
    /// given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = filter)]
    pub filter: Vec<(String, String)>,
    /// Leave internal notes out
    #[arg(long)]
    pub no_notes: bool,
    /// The file to write, in place of one that is there; - for standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write at the end of the file instead of replacing it
    #[arg(long, requires = "output")]
    pub append: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    Ndjson,
    Markdown,
}

impl ExportFormat {
    /// The component's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Markdown => "markdown",
        }
    }
}

fn filter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("a filter is written NAME=VALUE, such as state=open".to_owned()),
    }
}

#[derive(Debug, Args)]
pub struct CallOptions {
    /// The tool's name
    pub tool: String,
    /// Its arguments: flags, or one JSON object
    // `call::settings_first` closes them off with `--`, since only the tool's schema knows them.
    #[arg(value_name = "ARGUMENT")]
    pub arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub struct JsonOption {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
