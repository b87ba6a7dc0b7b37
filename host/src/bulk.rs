//! Whole conversations, a stretch after the other, for the command line and the HTTP door.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::application::Application;
use crate::callers::Asker;
use crate::component::bindings::bulk::Stretch;
use crate::component::bindings::views::ViewError;
use crate::component::errors::CallError;

/// Why an export does not go on.
#[derive(Debug)]
pub enum Trouble {
    /// An option is wrong.
    Options(String),
    /// The component could not do it.
    Failed(String),
    /// The component gave no answer.
    Call(CallError),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Options(sentence) | Self::Failed(sentence) => formatter.write_str(sentence),
            Self::Call(error) => error.fmt(formatter),
        }
    }
}

/// An export under way.
pub struct Export {
    application: Arc<Application>,
    asker: Asker,
    options: String,
    /// Where the next stretch begins; outer none: there is no other.
    next: Option<Option<String>>,
    cancelled: CancellationToken,
}

impl Export {
    /// With options by their names; a name that is given again makes a list.
    pub fn new(
        application: &Arc<Application>,
        asker: Asker,
        options: impl IntoIterator<Item = (String, String)>,
        cancelled: CancellationToken,
    ) -> Self {
        let mut given: Map<String, Value> = Map::new();
        for (name, value) in options {
            let value = Value::String(value);
            match given.get_mut(&name) {
                None => drop(given.insert(name, value)),
                Some(Value::Array(list)) => list.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
            }
        }
        let options = Value::Object(given).to_string();
        Self { application: Arc::clone(application), asker, options, next: Some(None), cancelled }
    }

    /// The next stretch; none at the end. After an error there is no other.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn stretch(&mut self) -> Result<Option<Stretch>, Trouble> {
        let Some(start) = self.next.take() else { return Ok(None) };
        let (options, cancelled) = (self.options.clone(), self.cancelled.clone());
        let read = self.application.bulk(&self.asker, options, start.clone(), cancelled).await;
        let stretch = read.map_err(Trouble::Call)?.map_err(|error| match error {
            ViewError::InvalidOptions(sentence) => Trouble::Options(sentence),
            ViewError::Failed(sentence) => Trouble::Failed(sentence),
        })?;
        // A component that goes on without a word would never end.
        if stretch.next.is_some() && (stretch.text.is_empty() || stretch.next == start) {
            return Err(Trouble::Failed("The component does not get on with the export.".to_owned()));
        }
        self.next = stretch.next.clone().map(Some);
        Ok(Some(stretch))
    }
}
