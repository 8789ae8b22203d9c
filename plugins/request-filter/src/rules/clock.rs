//! Windows of time, in UTC.

use gatewright::Timestamp;
use gatewright::config::ConfigError;

use crate::config::{Time, Weekday};

const DAY: u64 = 86_400;

/// A window of time. Times are in seconds, of the Unix epoch or of the day.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Window {
    not_before: Option<u64>,
    before: Option<u64>,
    from: Option<u64>,
    until: Option<u64>,
    /// A bit for each day that counts, Monday first; none for all.
    weekdays: u8,
}

impl Window {
    pub(super) fn new(time: &Time) -> Result<Self, ConfigError> {
        let read = |text: &Option<String>, field: &str, parse: fn(&str) -> Option<u64>, example: &str| {
            let parsed = text.as_deref().map(|text| {
                parse(text).ok_or_else(|| {
                    ConfigError::at(field, format!("{text:?} is no such time; write it like \"{example}\""))
                })
            });
            parsed.transpose()
        };
        let weekdays = time.weekdays.iter().fold(0, |days, day| days | 1 << index(*day));
        let window = Self {
            not_before: read(&time.not_before, "not_before", moment, "2026-01-31T08:00:00Z")?,
            before: read(&time.before, "before", moment, "2026-01-31T08:00:00Z")?,
            from: read(&time.from, "from", time_of_day, "22:00")?,
            until: read(&time.until, "until", time_of_day, "06:00")?,
            weekdays,
        };
        if window == Self::default() {
            return Err(ConfigError::new("a window without any limit; write one, such as `from: \"22:00\"`"));
        }
        Ok(window)
    }

    pub(super) fn holds(&self, now: Timestamp) -> bool {
        let now = now.seconds();
        let (day, second) = (now / DAY, now % DAY);
        // 1970-01-01 was a Thursday.
        let weekday = (day + 3) % 7;
        let in_day = match (self.from, self.until) {
            (Some(from), Some(until)) if until < from => second >= from || second < until,
            (from, until) => from.is_none_or(|from| second >= from) && until.is_none_or(|until| second < until),
        };
        in_day
            && self.not_before.is_none_or(|moment| now >= moment)
            && self.before.is_none_or(|moment| now < moment)
            && (self.weekdays == 0 || self.weekdays >> weekday & 1 == 1)
    }
}

const fn index(day: Weekday) -> u8 {
    day as u8
}

/// `22:00` or `22:00:30`, as seconds of the day.
fn time_of_day(text: &str) -> Option<u64> {
    let mut parts = text.split(':').map(|part| number(part, 2));
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    let valid = hours < 24 && minutes < 60 && seconds < 60 && parts.next().is_none();
    valid.then_some(hours * 3600 + minutes * 60 + seconds)
}

/// `2026-01-31T08:00:00Z` (RFC 3339, UTC), as seconds of the Unix epoch.
fn moment(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut parts = date.split('-');
    let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let valid = parts.next().is_none() && (1970..=9999).contains(&year) && (1..=12).contains(&month);
    if !valid || day == 0 || day > days_of(year, month) {
        return None;
    }
    let years = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum::<u64>();
    let months = (1..month).map(|month| days_of(year, month)).sum::<u64>();
    Some((years + months + day - 1) * DAY + time_of_day(time)?)
}

fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn number(digits: &str, length: usize) -> Option<u64> {
    let plain = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn holds(time: &Time, moment_text: &str) -> bool {
        Window::new(time).unwrap().holds(Timestamp::from_seconds(moment(moment_text).unwrap()))
    }

    fn daily(from: &str, until: &str) -> Time {
        Time { from: Some(from.into()), until: Some(until.into()), ..Time::default() }
    }

    #[test]
    fn moments_are_seconds_of_the_epoch() {
        assert_eq!(moment("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(moment("2000-02-29T12:30:01Z"), Some(951_827_401));
        assert_eq!(moment("2026-01-01T00:00:00Z"), Some(1_767_225_600));
        for wrong in [
            "2026-01-01",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-1-1T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00+01:00",
        ] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_window_of_the_day_may_go_over_midnight() {
        let (day, night) = (daily("08:00", "18:00"), daily("22:00", "06:00"));
        for (moment, in_day, in_night) in [
            ("2026-01-01T08:00:00Z", true, false),
            ("2026-01-01T17:59:59Z", true, false),
            ("2026-01-01T18:00:00Z", false, false),
            ("2026-01-01T22:00:00Z", false, true),
            ("2026-01-01T05:59:59Z", false, true),
            ("2026-01-01T06:00:00Z", false, false),
        ] {
            assert_eq!((holds(&day, moment), holds(&night, moment)), (in_day, in_night), "{moment}");
        }
    }

    #[test]
    fn days_and_dates() {
        // 2026-01-01 is a Thursday.
        let thursdays = Time { weekdays: vec![Weekday::Thursday], ..Time::default() };
        assert!(holds(&thursdays, "2026-01-01T23:59:59Z") && !holds(&thursdays, "2026-01-02T00:00:00Z"));
        let january = Time {
            not_before: Some("2026-01-01T00:00:00Z".into()),
            before: Some("2026-02-01T00:00:00Z".into()),
            ..Time::default()
        };
        assert!(holds(&january, "2026-01-01T00:00:00Z") && holds(&january, "2026-01-31T23:59:59Z"));
        assert!(!holds(&january, "2025-12-31T23:59:59Z") && !holds(&january, "2026-02-01T00:00:00Z"));
    }

    #[test]
    fn what_is_no_window_is_refused() {
        let error = Window::new(&daily("8:00", "18:00")).unwrap_err();
        assert_eq!(error.to_string(), "from: \"8:00\" is no such time; write it like \"22:00\"");
        assert!(Window::new(&Time::default()).is_err());
    }
}
