//! How far long work has come, on standard error: one line that stays one line on a terminal,
//! plain lines every few seconds elsewhere.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Failure, terminal};
use crate::application::Application;
use crate::component::bindings::progress::{Holder, Update};
use crate::component::code::Bytes;
use crate::component::loader::Loader;
use crate::component::state::ProgressSink;
use crate::config::{self, Sources};

/// Work that takes less than this needs no line: it would only flicker.
const PATIENCE: Duration = Duration::from_millis(400);
/// Between two lines where nobody watches.
const PLAIN_EVERY: Duration = Duration::from_secs(5);
/// The rate is that of so much time, so that it follows a rate limit.
const RATE_OVER: Duration = Duration::from_secs(20);

/// Work that is shown from here to [`Shown::end`].
pub struct Shown {
    state: Arc<Mutex<State>>,
}

struct State {
    name: &'static str,
    bar: Option<ProgressBar>,
    pace: Pace,
    printed: Instant,
}

impl Shown {
    /// `name` begins the plain lines.
    pub fn start(name: &'static str) -> Self {
        let shown = Self::start_hidden(name);
        shown.reveal();
        shown
    }

    fn start_hidden(name: &'static str) -> Self {
        let bar = terminal::is_watched().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            // What is wider than the terminal is cut, so the line never wraps.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.set_message(name);
            bar
        });
        let state = State { name, bar, pace: Pace::default(), printed: Instant::now() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Where the component's signs of progress go.
    pub fn sink(&self) -> ProgressSink {
        let state = Arc::clone(&self.state);
        Arc::new(move |update| state.lock().unwrap_or_else(PoisonError::into_inner).take(&update))
    }

    fn reveal(&self) {
        let bar = self.bar();
        if let Some(bar) = &bar {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        crate::stderr::set_bar(bar);
    }

    fn bar(&self) -> Option<ProgressBar> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).bar.clone()
    }

    /// Waits for the work, and says what it is once it takes long.
    async fn during<T>(&self, phase: &'static str, work: impl Future<Output = T>) -> T {
        if let Some(bar) = self.bar() {
            bar.set_message(phase);
        }
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::time::sleep(PATIENCE) => self.reveal(),
        }
        work.await
    }

    /// Takes the line away.
    pub fn end(self) {
        crate::stderr::set_bar(None);
        if let Some(bar) = self.bar() {
            bar.finish_and_clear();
        }
    }
}

impl State {
    fn take(&mut self, update: &Update) {
        let now = Instant::now();
        let rate = self.pace.rate(now, update.done);
        if let Some(bar) = &self.bar {
            bar.set_message(fitting(&parts(update, rate), terminal::width_of_stderr()));
        } else if now.duration_since(self.printed) >= PLAIN_EVERY {
            self.printed = now;
            terminal::note(&format!("{}: {}", self.name, parts(update, rate).join(", ")));
        }
    }
}

/// As many of the parts as fit beside the spinner; the first one in any case, which is then cut.
fn fitting(parts: &[String], width: usize) -> String {
    let mut line = String::new();
    for part in parts {
        let longer = if line.is_empty() { part.clone() } else { format!("{line} · {part}") };
        if !line.is_empty() && longer.chars().count() + 2 > width {
            break;
        }
        line = longer;
    }
    line
}

/// The most important first: a narrow terminal leaves the last ones out.
fn parts(update: &Update, rate: Option<f64>) -> Vec<String> {
    let mut parts = vec![update.phase.clone()];
    match update.total.filter(|total| *total > 0) {
        Some(total) => {
            let done = update.done.min(total);
            parts.push(format!("{done} of {total} ({} %)", done * 100 / total));
        }
        None if update.done > 0 => parts.push(format!("{} done", update.done)),
        // Nothing is known yet, and 0 of 0 says less than nothing.
        None => return parts,
    }
    if let Some(rate) = rate {
        parts.push(if rate < 10.0 { format!("{rate:.1}/s") } else { format!("{rate:.0}/s") });
    }
    if let Some(seconds) = update.seconds_left {
        parts.push(format!("{} left", time(seconds)));
    }
    match update.holder {
        Some(Holder::Limit) => parts.push("at Intercom's rate limit".to_owned()),
        Some(Holder::Network) => parts.push("waiting for Intercom's answers".to_owned()),
        // It goes as fast as it can.
        Some(Holder::Itself) | None => {}
    }
    if update.waiting > 0 {
        parts.push(format!("{} waiting", update.waiting));
    }
    if update.messages > 0 {
        parts.push(format!("{} messages", update.messages));
    }
    parts
}

/// Seconds as `40 s`, `3 min`, `2 h 10 min`.
fn time(seconds: u32) -> String {
    // A component may say anything; a day is as good as for ever.
    let seconds = seconds.clamp(1, 86_400);
    match seconds {
        ..100 => format!("{seconds} s"),
        100..3_600 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// How fast it goes at the moment.
#[derive(Default)]
struct Pace {
    seen: VecDeque<(Instant, u64)>,
}

impl Pace {
    /// Conversations a second, once that can be told.
    fn rate(&mut self, now: Instant, done: u64) -> Option<f64> {
        self.seen.push_back((now, done));
        while self.seen.len() > 2
            && self.seen.get(1).is_some_and(|(at, _)| now.duration_since(*at) > RATE_OVER)
        {
            self.seen.pop_front();
        }
        let (from, before) = *self.seen.front()?;
        let seconds = now.duration_since(from).as_secs_f64();
        let more = done.saturating_sub(before);
        (seconds >= 0.5 && more > 0).then(|| more as f64 / seconds)
    }
}

/// Compiles the component and opens the database, where that takes long with a line about it: the
/// first start compiles, and a database of the original program is taken over.
pub async fn prepare(application: &Application) -> Result<(), Failure> {
    starting(async |shown| {
        compile_shown(shown, application).await?;
        // If it cannot be opened, the command itself says so.
        if let Ok(Ok(sentence)) = shown.during("opening the database", application.open(shown.sink())).await {
            tracing::debug!("{}", crate::text::printable(&sentence, 500));
        }
        Ok(())
    })
    .await
}

/// Only compiles the component: for commands that look at a database which may be damaged.
pub async fn compile(application: &Application) -> Result<(), Failure> {
    starting(async |shown| compile_shown(shown, application).await).await
}

/// Compiles the component for a server to come, so that its first client does not wait. What keeps
/// it from that, the server will say itself.
pub async fn compile_ahead(sources: &Sources) {
    let folder = super::data_folder(sources);
    let Ok(Some(cache)) = config::code_cache(sources, folder.as_deref()) else { return };
    let component = sources.path("component").ok().flatten();
    let Ok(bytes) = Bytes::load(component.as_deref()) else { return };
    let loader = Loader::new(bytes, Some(cache));
    let compiled = starting(async |shown| {
        shown.during("compiling the component, once for this version", loader.code()).await?;
        Ok(())
    });
    if let Err(Failure::Work(sentence) | Failure::Usage(sentence)) = compiled.await {
        tracing::warn!("{sentence}");
    }
}

async fn compile_shown(shown: &Shown, application: &Application) -> Result<(), Failure> {
    shown.during("compiling the component, once for this version", application.loader.code()).await?;
    Ok(())
}

async fn starting(work: impl AsyncFnOnce(&Shown) -> Result<(), Failure>) -> Result<(), Failure> {
    let shown = Shown::start_hidden("starting");
    let ready = work(&shown).await;
    shown.end();
    ready
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(done: u64, total: Option<u64>, waiting: u64) -> Update {
        let phase = "reading 2026-11-21".to_owned();
        Update { phase, done, total, messages: 0, waiting, holder: None, seconds_left: None }
    }

    #[test]
    fn a_line_says_what_is_read_how_far_how_fast_and_what_waits() {
        let mut reading = update(120, Some(343), 7);
        reading.seconds_left = Some(5);
        let line = |update: &Update| parts(update, Some(42.4)).join(" · ");
        let plain = "reading 2026-11-21 · 120 of 343 (34 %) · 42/s · 5 s left";
        assert_eq!(line(&reading), format!("{plain} · 7 waiting"));
        reading.holder = Some(Holder::Limit);
        assert_eq!(line(&reading), format!("{plain} · at Intercom's rate limit · 7 waiting"));
        reading.holder = Some(Holder::Network);
        assert_eq!(line(&reading), format!("{plain} · waiting for Intercom's answers · 7 waiting"));
        let done = parts(&update(343, Some(343), 0), Some(0.5)).join(" · ");
        assert_eq!(done, "reading 2026-11-21 · 343 of 343 (100 %) · 0.5/s");
    }

    #[test]
    fn a_narrow_terminal_leaves_whole_parts_out() {
        let parts = parts(&update(120, Some(343), 7), Some(42.4));
        for width in 0..80 {
            let line = fitting(&parts, width);
            assert!(line.chars().count() + 2 <= width || line == parts[0], "{width}: {line}");
            assert!(parts.join(" · ").starts_with(&line));
        }
        assert_eq!(fitting(&parts, 80), parts.join(" · "));
    }

    #[test]
    fn nothing_is_counted_before_there_is_something() {
        for total in [None, Some(0)] {
            assert_eq!(parts(&update(0, total, 0), None), ["reading 2026-11-21"]);
        }
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut pace = Pace::default();
        let begun = Instant::now();
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        assert_eq!(pace.rate(at(0), 0), None);
        assert_eq!(pace.rate(at(10), 1_000), Some(100.0));
        // A rate limit: nothing for half a minute, then slowly on.
        assert_eq!(pace.rate(at(40), 1_000), None);
        let rate = pace.rate(at(50), 1_050).expect("a rate");
        assert!((1.0..6.0).contains(&rate), "{rate}");
    }

    #[test]
    fn time_left_is_in_words() {
        assert_eq!(
            [time(0), time(40), time(150), time(7_500), time(u32::MAX)],
            ["1 s", "40 s", "3 min", "2 h 5 min", "24 h 0 min"]
        );
    }
}
