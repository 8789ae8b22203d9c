//! What a rule's settings may be.

use gatewright::config::ConfigError;

use crate::config::{self, KeyPart};

const NAME_BYTES: usize = 64;
const MAX_COST: u32 = 1_000_000;
const MAX_QUEUE_SECONDS: u64 = 60;
const MAX_EXPIRY_SECONDS: u64 = 60;
/// Larger bodies are in no proxy's buffer.
const MAX_UNIT: u64 = 1 << 30;

/// The name goes into events and header fields.
pub(super) fn name(name: &str) -> Result<(), ConfigError> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if !name.is_empty() && name.len() <= NAME_BYTES && name.bytes().all(good) {
        return Ok(());
    }
    Err(ConfigError::at("name", "write 1 to 64 letters, digits, `_`, `.` or `-`"))
}

/// What is impossible by itself.
pub(super) fn numbers(rule: &config::Rule) -> Result<(), ConfigError> {
    let within = |field: &str, found: u64, min: u64, max: u64| match found {
        found if (min..=max).contains(&found) => Ok(()),
        found => Err(ConfigError::at(field, format!("found {found}; write a number from {min} to {max}"))),
    };
    within("cost.fixed", rule.cost.fixed.into(), 1, MAX_COST.into())?;
    within("cost.max", rule.cost.max.into(), 1, MAX_COST.into())?;
    if let Some(unit) = rule.cost.body {
        within("cost.body (in bytes)", unit.as_bytes(), 1, MAX_UNIT)?;
        if rule.cost.header.is_some() {
            return Err(ConfigError::at("cost.body", "goes not with `header`; make two rules of them"));
        }
    }
    if let Some(lots) = rule.lots {
        within("lots.size", lots.size.into(), 2, 10_000)?;
        within("lots.expiry (in ms)", lots.expiry.as_millis(), 1, MAX_EXPIRY_SECONDS * 1000)?;
    }
    if let Some(queue) = rule.queue {
        within("queue (in ms)", queue.as_millis(), 1, MAX_QUEUE_SECONDS * 1000)?;
    }
    for (index, part) in rule.key.iter().enumerate() {
        if let KeyPart::ClientIp(settings) = part {
            let prefix = settings.ipv6_prefix.unwrap_or(64);
            within(&format!("key[{index}].client_ip.ipv6_prefix"), prefix.into(), 1, 128)?;
        }
    }
    Ok(())
}

/// What is impossible in company. `least` is the smallest allowance.
pub(super) fn together(rule: &config::Rule, least: u32) -> Result<(), ConfigError> {
    let mut limits = rule.limits.iter().chain(rule.overrides.iter().flat_map(|other| &other.limits));
    let problem = |field: &str, message: &str| Err(ConfigError::at(field, message));
    if rule.penalty.is_some() {
        if limits.any(|limit| limit.concurrency.is_some()) {
            return problem("penalty", "a concurrency counts every request; make a rule of its own of it");
        }
        if rule.settle.is_some() || rule.lots.is_some() || rule.queue.is_some() {
            return problem("penalty", "goes with none of settle, lots and queue; make a rule of its own of it");
        }
    }
    if rule.global.is_some()
        && (rule.lots.is_some() || rule.queue.is_some() || rule.settle.is_some() || rule.penalty.is_some())
    {
        return problem("global", "goes with none of lots, queue, settle and penalty; make a rule of its own of it");
    }
    if rule.cost.fixed > least {
        return problem("cost.fixed", "is more than a limit allows at once, so nothing would pass");
    }
    Ok(())
}
