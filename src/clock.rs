//! Owns time: the instant that rules are judged by, durations as people write and read them.
//! It refuses to be asked deep inside: rules take `now` as a value.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Where instants come from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// An instant that stands still, for rules under test.
    Fixed(Timestamp),
}

impl Clock {
    /// Gives the present instant.
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(instant) => instant,
        }
    }

    /// Waits; a clock that stands still doesn't.
    pub fn sleep(self, time: Duration) {
        if let Self::System = self {
            std::thread::sleep(time);
        }
    }
}

/// Writes an instant as the AWS files want it: RFC 3339, whole seconds, `Z`.
pub fn rfc3339(instant: Timestamp) -> String {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant).to_string()
}

/// Reads an instant as the AWS CLI, SDKs and older tools write it into files and variables: RFC 3339, with a fraction or an
/// offset perhaps, `UTC` in place of the `Z` (older AWS CLIs), or with no zone at all, which means UTC.
pub fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let plain = text.strip_suffix("UTC").unwrap_or(text).trim_end();
    let without_zone = || plain.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp());
    text.parse().ok().or_else(without_zone)
}

/// Reads a duration as people write it: `12h`, `45m`, `1h30m`, `90s`, `1d`, or plain seconds (`3600`).
/// Gives `None` for anything else, for nothing, and for more than 100 years.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut seconds: u64 = 0;
    let mut number: Option<u64> = None;
    let mut units = 0;
    for c in text.trim().chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit.into())?);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        seconds = seconds.checked_add(number.take()?.checked_mul(unit)?)?;
        units += 1;
    }
    match number {
        Some(plain) if units == 0 => seconds = plain,
        Some(_) => return None,
        None if units == 0 => return None,
        None => {}
    }
    (seconds <= 100 * 366 * 86_400).then(|| Duration::from_secs(seconds))
}

/// Writes a duration as it is typed: `12h`, `1h30m`, `45s`.
pub fn short_duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let parts = [(seconds / 3_600, "h"), (seconds % 3_600 / 60, "m"), (seconds % 60, "s")];
    let text: String = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if text.is_empty() { "0s".into() } else { text }
}

/// Writes the time left until `end` in the two largest units: `11h 59m`, `4m 10s`; `expired` when none is left.
pub fn time_left(end: Timestamp, now: Timestamp) -> String {
    let left = end.duration_since(now);
    if left <= SignedDuration::ZERO {
        return "expired".into();
    }
    let seconds = left.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h {minutes:02}m"),
        _ => format!("{days}d {hours}h"),
    }
}

/// Clocks may differ by this much; beyond, the offset is an error.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Tells whether clocks this far apart are too far apart.
pub fn is_off(ahead: SignedDuration) -> bool {
    ahead.abs() > TOLERANCE
}

/// Says how far this machine's clock is off, where `whose` clock is `ahead` of it.
pub fn offset_words(ahead: SignedDuration, whose: &str) -> String {
    let direction = if ahead.is_negative() { "ahead of" } else { "behind" };
    format!("is {} {direction} {whose}", short_duration(ahead.unsigned_abs()))
}

/// The cause of distrust: another's clock and this machine's are too far apart.
#[derive(Debug)]
pub struct ClockOff {
    /// How far the other's is ahead.
    pub ahead: SignedDuration,
    /// Whose it is: `AWS's`.
    pub whose: &'static str,
}

impl std::fmt::Display for ClockOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this machine's clock {}", offset_words(self.ahead, self.whose))
    }
}

impl std::error::Error for ClockOff {}

/// The time on a person's wall.
#[derive(Debug)]
pub struct LocalTime(TimeZone);

impl LocalTime {
    /// Finds the zone: `tz` as tzset(3) reads it (a zone's name, a file, or a rule such as `CET-1CEST`), else the system's.
    ///
    /// One file is read. The time library would list the folder of all zones first, which costs more than all the rest of `status`.
    #[cfg(unix)]
    pub fn new(tz: Option<&str>) -> Self {
        let name = tz.map(|tz| tz.strip_prefix(':').unwrap_or(tz));
        let file = name.map_or("/etc/localtime".into(), |name| std::path::Path::new("/usr/share/zoneinfo").join(name));
        let zone = std::fs::read(file).ok().and_then(|bytes| TimeZone::tzif("local", &bytes).ok());
        let by_rule = || name.and_then(|rule| TimeZone::posix(rule).ok());
        Self(zone.or_else(by_rule).unwrap_or(TimeZone::UTC))
    }

    /// Finds the zone: the system's.
    #[cfg(not(unix))]
    pub fn new(_: Option<&str>) -> Self {
        Self(TimeZone::system())
    }

    /// Writes an instant; the day only where it isn't today.
    pub fn write(&self, instant: Timestamp, now: Timestamp) -> String {
        let (then, today) = (instant.to_zoned(self.0.clone()), now.to_zoned(self.0.clone()));
        let format = if then.date() == today.date() { "%H:%M:%S" } else { "%b %d %H:%M" };
        then.strftime(format).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_all_writers_are_read() {
        for text in [
            "2021-12-25T21:30:00Z",
            "2021-12-25T21:30:00UTC",
            "2021-12-25T21:30:00.000Z",
            "2021-12-25T22:30:00+01:00",
            "2021-12-25T21:30:00",
            "2021-12-25 21:30:00 UTC",
        ] {
            assert_eq!(instant(text), Timestamp::from_second(1_640_467_800).ok(), "{text}");
        }
        assert_eq!(instant("2021-12-25"), "2021-12-25T00:00:00Z".parse().ok());
        for text in ["", "UTC", "soon", "1640467800", "2021-13-25T21:30:00Z", "2021-12-25T21:30:00 PST"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn local_time_follows_tz() {
        let now: Timestamp = "2026-07-01T22:30:00Z".parse().unwrap();
        let at = |tz| LocalTime::new(Some(tz)).write(now, now);
        assert_eq!((at("UTC"), at("no/such"), at("")), ("22:30:00".into(), "22:30:00".into(), "22:30:00".into()));
        assert_eq!((at("XYZ-2"), at("CET-1CEST,M3.5.0,M10.5.0/3")), ("00:30:00".into(), "00:30:00".into()));
        if std::path::Path::new("/usr/share/zoneinfo/Asia/Tokyo").exists() {
            assert_eq!((at("Asia/Tokyo"), at(":Asia/Tokyo")), ("07:30:00".into(), "07:30:00".into()));
            assert_eq!(at("/usr/share/zoneinfo/Asia/Tokyo"), "07:30:00");
        }
        let tomorrow = now + SignedDuration::from_hours(24);
        assert_eq!(LocalTime::new(Some("XYZ-2")).write(tomorrow, now), "Jul 03 00:30");
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        let cases = [
            ("12h", Some(43_200)),
            ("45m", Some(2_700)),
            ("3600", Some(3_600)),
            ("1h30m", Some(5_400)),
            (" 90s ", Some(90)),
            ("1d", Some(86_400)),
            ("0", Some(0)),
            ("", None),
            ("h", None),
            ("1h30", None),
            ("-1", None),
            ("abc", None),
            ("99999999999999999999h", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(parse_duration(text), seconds.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn durations_read_back() {
        for seconds in [1, 60, 3_600, 5_400, 43_200, 43_261] {
            let time = Duration::from_secs(seconds);
            assert_eq!(parse_duration(&short_duration(time)), Some(time));
        }
    }

    #[test]
    fn time_left_names_two_units() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let after = |seconds| time_left(now + SignedDuration::from_secs(seconds), now);
        assert_eq!(after(43_199), "11h 59m");
        assert_eq!(after(250), "4m 10s");
        assert_eq!(after(9), "9s");
        assert_eq!(after(90_000), "1d 1h");
        assert_eq!(after(0), "expired");
        assert_eq!(after(-5), "expired");
    }

    #[test]
    fn instants_have_whole_seconds() {
        let instant: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        assert_eq!(rfc3339(instant), "2026-01-02T03:04:05Z");
    }
}
