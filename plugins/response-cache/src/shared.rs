//! What all routes of a configuration have in common in one worker.

use std::rc::Rc;
use std::time::Duration;

use gatewright::Setup;
use gatewright::config::{ConfigError, Size};

use crate::config::Config;
use crate::refresh::Jobs;
use crate::store::{Settings, Store};

/// Bytes of an entry beside its body: key, tags, fields, what is remembered.
const HEAD_BYTES: usize = 64 << 10;
/// How long a fetch may take before another request may lead.
const LEASE: Duration = Duration::from_secs(30);

/// What all routes of a configuration have in common in one worker.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) jobs: Rc<Jobs>,
    settings: Settings,
}

impl Shared {
    /// The one of this configuration.
    pub(crate) fn of(setup: &Setup, config: &Config) -> Result<Rc<Self>, ConfigError> {
        let settings = settings(config)?;
        let opened = setup.shared(|| Self::open(setup, &settings).map(Rc::new));
        let shared = (*opened).as_ref().map_err(Clone::clone)?;
        let same = [
            ("memory", shared.settings.memory == settings.memory),
            ("max_body", shared.settings.max_entry == settings.max_entry),
            ("hot_memory", shared.settings.hot_memory == settings.hot_memory),
            ("vary.max_variants", shared.settings.variants == settings.variants),
        ];
        match same.iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(ConfigError::at(
                *field,
                "is different elsewhere in this configuration; write the same in all routes",
            )),
            None => Ok(Rc::clone(shared)),
        }
    }

    fn open(setup: &Setup, settings: &Settings) -> Result<Self, ConfigError> {
        Ok(Self { store: Store::open(setup, settings)?, jobs: Jobs::start(setup), settings: settings.clone() })
    }
}

fn settings(config: &Config) -> Result<Settings, ConfigError> {
    let max_body = config.max_body.as_usize();
    if max_body == 0 || config.max_body > Size::from_kib(64 * 1024) {
        return Err(ConfigError::at("max_body", format!("{} is out of range; write 1B to 64MiB", config.max_body)));
    }
    let variants = usize::from(config.vary.max_variants);
    if !(1..=64).contains(&variants) {
        return Err(ConfigError::at("vary.max_variants", format!("{variants} is out of range; write 1 to 64")));
    }
    Ok(Settings {
        name: "response-cache".to_owned(),
        memory: config.memory.as_bytes(),
        max_entry: max_body.saturating_add(HEAD_BYTES),
        hot_memory: config.hot_memory.as_usize(),
        lease: LEASE,
        variants,
    })
}
