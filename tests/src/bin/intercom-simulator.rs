//! Runs the Intercom simulator as a process of its own.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use fastintercom_tests::simulator::{ApiVersion, Comparison, Config, Simulator};
use tokio::io::AsyncReadExt as _;

/// A simulated Intercom workspace on loopback.
///
/// Prints one line of JSON, {"base_url": …, "token": …}, once it listens, and runs until it
/// receives SIGINT or SIGTERM. POST /_simulator/change, /_simulator/tickets,
/// /_simulator/faults and GET /_simulator/stats control it while it runs.
#[derive(Debug, Parser)]
#[command(name = "intercom-simulator", version)]
struct Arguments {
    /// Number of conversations to generate.
    #[arg(long, default_value_t = 2_000)]
    conversations: usize,
    /// Number of tickets to generate.
    #[arg(long, value_name = "N", default_value_t = 0)]
    tickets: usize,
    /// Determines all generated data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How far back the oldest conversation lies.
    #[arg(long, default_value_t = 90)]
    days: u32,
    /// Exactly this many messages in each conversation, and no events.
    #[arg(long, value_name = "N")]
    messages: Option<usize>,
    /// Exactly this many parts in each conversation, events included.
    #[arg(long, value_name = "N", conflicts_with = "messages")]
    parts: Option<usize>,
    /// How long each answer takes.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// Calls in each window of 10 seconds; without it nothing is limited.
    #[arg(long, value_name = "CALLS")]
    rate_limit: Option<u32>,
    /// Calls that other apps of the workspace spend in each window.
    #[arg(long, value_name = "CALLS", default_value_t = 0)]
    other_apps: u32,
    /// Searches see a change only this many seconds later.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    index_lag_seconds: u32,
    /// Take > and < as exclusive comparisons.
    #[arg(long)]
    exclusive: bool,
    /// The newest API version that is served.
    #[arg(long, value_name = "VERSION", default_value_t = ApiVersion::V2_16)]
    newest_version: ApiVersion,
    /// The bearer token that is accepted.
    #[arg(long, default_value = "simulator-token")]
    token: String,
    /// The workspace id.
    #[arg(long, default_value = "sim00001")]
    id_code: String,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Put a text into one message: conversation 12's fourth reply is 12:4:TEXT, its first message 12:0:TEXT.
    #[arg(long, value_name = "INDEX:MESSAGE:TEXT", value_parser = parse_plant)]
    plant: Vec<(usize, usize, String)>,
    /// End when standard input closes, as it does when the parent process dies.
    #[arg(long)]
    exit_on_stdin_close: bool,
}

fn parse_plant(text: &str) -> Result<(usize, usize, String), String> {
    let mut fields = text.splitn(3, ':');
    let mut next = || fields.next().ok_or("expected INDEX:MESSAGE:TEXT");
    let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is not a number"));
    Ok((number(next()?)?, number(next()?)?, next()?.to_owned()))
}

impl Arguments {
    fn config(self) -> Config {
        let mut config = Config::new()
            .conversations(self.conversations)
            .tickets(self.tickets)
            .seed(self.seed)
            .days(self.days)
            .latency(Duration::from_millis(self.latency_ms))
            .other_apps(self.other_apps)
            .index_lag(self.index_lag_seconds)
            .versions(ApiVersion::V2_11..=self.newest_version)
            .token(self.token)
            .id_code(self.id_code)
            .port(self.port);
        if self.exclusive {
            config = config.comparison(Comparison::Exclusive);
        }
        if let Some(calls) = self.rate_limit {
            config = config.rate_limit(calls);
        }
        if let Some(messages) = self.messages {
            config = config.messages_per_conversation(messages);
        }
        if let Some(parts) = self.parts {
            config = config.parts(parts..=parts);
        }
        self.plant
            .into_iter()
            .fold(config, |config, (index, message, text)| config.plant(index, message, text))
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to report to when standard error is closed, too.
            let _ = writeln!(std::io::stderr(), "intercom-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> std::io::Result<()> {
    let until_stdin_closes = arguments.exit_on_stdin_close;
    let simulator = Simulator::start(arguments.config())?;
    let line = serde_json::json!({"base_url": simulator.base_url(), "token": simulator.token()});
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    drop(stdout);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(wait(until_stdin_closes));
    // A read of standard input cannot be cancelled; the process must not wait for it.
    runtime.shutdown_background();
    ended
}

/// Returns on SIGINT, SIGTERM, or the end of standard input where that is asked for.
async fn wait(until_stdin_closes: bool) -> std::io::Result<()> {
    let stdin_closes = async {
        if !until_stdin_closes {
            return std::future::pending().await;
        }
        let mut buffer = [0; 64];
        let mut stdin = tokio::io::stdin();
        while matches!(stdin.read(&mut buffer).await, Ok(1..)) {}
    };
    #[cfg(unix)]
    let terminated = async {
        let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        signal.recv().await;
        Ok(())
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<std::io::Result<()>>();
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        outcome = terminated => outcome,
        () = stdin_closes => Ok(()),
    }
}
