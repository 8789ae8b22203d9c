//! Dates (RFC 9110 §5.6.7): read strictly in all three forms, whatever the case (RFC 9111 §4.2); written as IMF-fixdate.

const DAY: i64 = 86_400;
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Seconds since the Unix epoch, perhaps before it; `None` for anything that is not exactly one of the three forms.
///
/// A two-digit year of the RFC 850 form is the one that is at most 50 years after `now`, in seconds since the Unix epoch.
#[must_use]
pub fn parse(text: &[u8], now: u64) -> Option<i64> {
    let mut cursor = Cursor(text);
    if text.get(3) == Some(&b',') {
        imf_fixdate(&mut cursor)
    } else if text.contains(&b',') {
        rfc850(&mut cursor, now)
    } else {
        asctime(&mut cursor)
    }
}

/// A moment, in seconds since the Unix epoch, as IMF-fixdate.
#[must_use]
pub fn format(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(0);
    let (days, time) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let year = year_of(seconds);
    let month = (1..=12).rfind(|month| days_before(year, *month, 1) <= days).unwrap_or(1);
    let day = days - days_before(year, month, 1) + 1;
    let name = |names: &[&'static str], index: i64| {
        let name = usize::try_from(index).ok().and_then(|index| names.get(index)).and_then(|name| name.get(..3));
        let (first, rest) = name.unwrap_or_default().split_at_checked(1).unwrap_or_default();
        [first.to_ascii_uppercase().as_str(), rest].concat()
    };
    // The epoch was a Thursday.
    let weekday = name(&DAYS, (days + 3).rem_euclid(7));
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{weekday}, {day:02} {} {year:04} {hour:02}:{minute:02}:{second:02} GMT", name(&MONTHS, month - 1))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn imf_fixdate(cursor: &mut Cursor<'_>) -> Option<i64> {
    cursor.weekday(3)?;
    cursor.literal(", ")?;
    let day = cursor.number(2)?;
    cursor.literal(" ")?;
    let month = cursor.month()?;
    cursor.literal(" ")?;
    let year = cursor.number(4)?;
    cursor.literal(" ")?;
    let time = cursor.time()?;
    cursor.literal(" gmt")?;
    cursor.end(seconds(year, month, day, time)?)
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
fn rfc850(cursor: &mut Cursor<'_>, now: u64) -> Option<i64> {
    cursor.long_weekday()?;
    cursor.literal(", ")?;
    let day = cursor.number(2)?;
    cursor.literal("-")?;
    let month = cursor.month()?;
    cursor.literal("-")?;
    let short = cursor.number(2)?;
    cursor.literal(" ")?;
    let time = cursor.time()?;
    cursor.literal(" gmt")?;
    let this_year = year_of(i64::try_from(now).ok()?);
    let century = this_year - this_year.rem_euclid(100);
    let near = (-1..=1).map(|step| century + step * 100 + short).rfind(|year| *year <= this_year + 50)?;
    cursor.end(seconds(near, month, day, time)?)
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime(cursor: &mut Cursor<'_>) -> Option<i64> {
    cursor.weekday(3)?;
    cursor.literal(" ")?;
    let month = cursor.month()?;
    cursor.literal(" ")?;
    let day = if cursor.literal(" ").is_some() { cursor.number(1)? } else { cursor.number(2)? };
    cursor.literal(" ")?;
    let time = cursor.time()?;
    cursor.literal(" ")?;
    let year = cursor.number(4)?;
    cursor.end(seconds(year, month, day, time)?)
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    /// Takes this text, in any case; nothing is taken if something else stands there.
    fn literal(&mut self, text: &str) -> Option<()> {
        let (head, rest) = self.0.split_at_checked(text.len())?;
        head.eq_ignore_ascii_case(text.as_bytes()).then(|| self.0 = rest)
    }

    fn number(&mut self, length: usize) -> Option<i64> {
        super::text::digits(self.take(length)?).and_then(|number| i64::try_from(number).ok())
    }

    fn weekday(&mut self, length: usize) -> Option<()> {
        let name = self.take(length)?;
        let known = |day: &&str| day.as_bytes().get(..length).is_some_and(|day| day.eq_ignore_ascii_case(name));
        DAYS.iter().any(known).then_some(())
    }

    fn long_weekday(&mut self) -> Option<()> {
        DAYS.iter().find_map(|day| self.literal(day))
    }

    fn month(&mut self) -> Option<i64> {
        let name = self.take(3)?;
        let index = MONTHS.iter().position(|month| month.as_bytes().eq_ignore_ascii_case(name))?;
        i64::try_from(index + 1).ok()
    }

    /// Seconds of the day. A leap second is the last one.
    fn time(&mut self) -> Option<i64> {
        let hour = self.number(2)?;
        self.literal(":")?;
        let minute = self.number(2)?;
        self.literal(":")?;
        let second = self.number(2)?;
        (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second.min(59))
    }

    fn end(&self, value: i64) -> Option<i64> {
        self.0.is_empty().then_some(value)
    }
}

fn seconds(year: i64, month: i64, day: i64, time: i64) -> Option<i64> {
    (1..=days_in(year, month)).contains(&day).then(|| days_before(year, month, day) * DAY + time)
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from the epoch to a date of the Gregorian calendar. Years begin in March, so that a leap day comes last.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn year_of(seconds: i64) -> i64 {
    let days = seconds.div_euclid(DAY) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // March is the first month here, so January and February are in the next year.
    era * 400 + year + i64::from(of_year >= 306)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const NOW: u64 = 1_767_225_600; // 2026-01-01

    fn read(text: &str) -> Option<i64> {
        parse(text.as_bytes(), NOW)
    }

    #[test]
    fn rfc9110_5_6_7_the_three_forms_of_one_moment() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(read(text), Some(784_111_777), "{text}");
        }
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(read("Wed, 31 Dec 1969 23:59:59 GMT"), Some(-1));
    }

    #[test]
    fn rfc9110_5_6_7_a_two_digit_year_is_at_most_50_years_ahead() {
        assert_eq!(read("Thursday, 18-Aug-50 02:01:18 GMT"), read("Thu, 18 Aug 2050 02:01:18 GMT"));
        assert_eq!(read("Sunday, 06-Nov-76 08:49:37 GMT"), read("Fri, 06 Nov 2076 08:49:37 GMT"));
        assert_eq!(read("Sunday, 06-Nov-77 08:49:37 GMT"), read("Sun, 06 Nov 1977 08:49:37 GMT"));
    }

    #[test]
    fn rfc9111_4_2_case_does_not_matter() {
        let right = read("Thu, 18 Aug 2050 02:01:18 GMT");
        for text in ["THU, 18 Aug 2050 02:01:18 GMT", "Thu, 18 AUG 2050 02:01:18 GMT", "thu, 18 aug 2050 02:01:18 gMT"]
        {
            assert_eq!(read(text), right, "{text}");
        }
    }

    #[test]
    fn rfc9110_5_6_7_nothing_else_is_a_date() {
        for text in [
            "",
            "0",
            "-1",
            "Thu, 18 Aug 2050 02:01:18 UTC",
            "Thu, 18 Aug 2050 02:01:18 AEST",
            "Thu, 18 Aug 2050 02:01:18",
            "Thu, 18 Aug 50 02:01:18 GMT",
            "Thu 18 Aug 2050 02:01:18 GMT",
            "Thu, 18  Aug  2050 02:01:18 GMT",
            "Thu, 18-Aug-2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 02.01.18 GMT",
            "Thu, 18 Aug 2050 2:01:18 GMT",
            "Thu, 18 Aug 2050 02:01:18 GMT ",
            "Thu, 31 Sep 2050 02:01:18 GMT",
            "Wed, 29 Feb 2050 02:01:18 GMT",
            "Thu, 00 Aug 2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 24:01:18 GMT",
            "Thu, 18 Aug 2050 02:60:18 GMT",
            "Thu, 18 Aug 2050 02:01:61 GMT",
            "Xyz, 18 Aug 2050 02:01:18 GMT",
            "Thu, 18 Foo 2050 02:01:18 GMT",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn rfc9110_5_6_7_what_is_written_is_imf_fixdate() {
        assert_eq!(format(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(format(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(format(951_782_400), "Tue, 29 Feb 2000 00:00:00 GMT");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in 0u64..20_000_000_000) {
            prop_assert_eq!(read(&format(seconds)), i64::try_from(seconds).ok());
        }

        #[test]
        fn every_date_of_the_calendar_is_the_day_after_the_one_before(year in 1970i64..2400, month in 1i64..=12, day in 1i64..=28) {
            let next = if day < days_in(year, month) { days_before(year, month, day + 1) } else { days_before(year, month, day) + 1 };
            prop_assert_eq!(next, days_before(year, month, day) + 1);
            prop_assert_eq!(year_of(days_before(year, month, day) * DAY), year);
        }

        #[test]
        fn no_text_makes_it_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&text, NOW);
        }
    }
}
