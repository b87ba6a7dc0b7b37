//! A replica: a server on a copy of another server's database.
//!
//! Whoever runs it puts newer copies in the file's place, each whole and by renaming it there.
//! Instances notice that at their next call and open the new file. What is left to do is here: to
//! let go of the old one, whose space is only then free, and to tell those who subscribed.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::application::Application;
use crate::sandbox::lock::UseLock;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Watches the file until it is cancelled, and holds its [`UseLock`].
pub async fn watch(application: Arc<Application>, cancelled: CancellationToken) {
    tracing::info!(
        "this is a read-only replica: nothing is synced here, and newer data comes with the next copy that is put in the place of {}",
        application.config.database.display()
    );
    let mut file = Seen::Unknown;
    loop {
        // A network drive may keep the thread waiting.
        let looked = tokio::task::spawn_blocking({
            let application = Arc::clone(&application);
            move || look(&application, file)
        });
        let Ok(found) = looked.await else { return };
        file = found;
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = cancelled.cancelled() => return,
        }
    }
}

/// What lay at the database's path at the last look.
enum Seen {
    Unknown,
    Missing,
    /// It is there, and a repair keeps everybody away, or the sentence says why it is of no use.
    Unusable,
    Used(UseLock),
}

/// Compares with the last look, and does what a change asks for.
fn look(application: &Application, last: Seen) -> Seen {
    let database = &application.config.database;
    if let Seen::Used(lock) = &last
        && !lock.has_moved(database)
    {
        return last;
    }
    let shown = database.display();
    match UseLock::share(database) {
        Ok(Some(lock)) => {
            if !matches!(last, Seen::Unknown) {
                tracing::info!("there is a new copy at {shown}; answers come from it now");
                application.readers.renew();
                application.syncs.announce();
            }
            Seen::Used(lock)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if !matches!(last, Seen::Missing) {
                tracing::warn!("there is no database at {shown}: calls fail until a copy is put there");
                application.readers.renew();
            }
            Seen::Missing
        }
        Ok(None) => Seen::Unusable,
        Err(error) => {
            if !matches!(last, Seen::Unusable) {
                tracing::warn!("{shown} cannot be used: {error}");
            }
            Seen::Unusable
        }
    }
}
