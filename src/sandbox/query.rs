//! Owns the parameters of a Query API call, decoded, and their checking against the limits that AWS publishes.
//! It refuses to know any one action; each names its own limits.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::refusal::Refusal;

/// The parameters of one call.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// Reads `application/x-www-form-urlencoded` text; of a repeated name the last value counts.
    pub(super) fn parse(text: &str) -> Self {
        let plain = |part: &str| percent_decode(&part.replace('+', " "));
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (plain(k), plain(v))).collect())
    }

    /// Reads the members of a JSON object: texts as they are, everything else as JSON.
    pub(super) fn of_json(body: &[u8]) -> Self {
        let members: BTreeMap<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        let text = |value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let known = members.into_iter().filter(|(_, value)| !value.is_null());
        Self(known.map(|(name, value)| (name, text(value))).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Gives the fields of each member of a list, such as `Tags.member.1.Key`, in order; a list of plain values has
    /// the field ``.
    pub(super) fn members(&self, list: &str) -> Vec<BTreeMap<&str, &str>> {
        let prefix = format!("{list}.member.");
        let mut members: BTreeMap<u32, BTreeMap<&str, &str>> = BTreeMap::new();
        for (name, value) in &self.0 {
            let Some(rest) = name.strip_prefix(&prefix) else { continue };
            let (number, field) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                members.entry(number).or_default().insert(field, value);
            }
        }
        members.into_values().collect()
    }

    /// Gives all parameters.
    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.0
    }
}

/// Decodes `%XX`; what isn't such an escape stays as it is.
pub(super) fn percent_decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        let escape = escape.and_then(|hex| std::str::from_utf8(hex).ok());
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                decoded.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A set of characters and the regular expression by which AWS names it.
pub(super) struct Characters(pub(super) &'static str, pub(super) fn(char) -> bool);

/// Collects what is wrong with a call's parameters, so that one refusal names all of it.
pub(super) struct Check<'a> {
    query: &'a Query,
    found: Vec<String>,
}

impl<'a> Check<'a> {
    pub(super) fn new(query: &'a Query) -> Self {
        Self { query, found: Vec::new() }
    }

    /// Takes a text that must be there.
    pub(super) fn required(&mut self, name: &str, length: RangeInclusive<usize>, allowed: &Characters) -> &'a str {
        if self.query.get(name).is_none() {
            let member = member(name);
            self.found.push(format!("Value null at '{member}' failed to satisfy constraint: Member must not be null"));
        }
        self.optional(name, length, allowed).unwrap_or_default()
    }

    /// Takes a text that may be missing.
    pub(super) fn optional(
        &mut self,
        name: &str,
        length: RangeInclusive<usize>,
        allowed: &Characters,
    ) -> Option<&'a str> {
        let value = self.query.get(name)?;
        self.text(&member(name), value, length, allowed);
        Some(value)
    }

    /// Judges a text found at `member`.
    pub(super) fn text(&mut self, member: &str, value: &str, length: RangeInclusive<usize>, allowed: &Characters) {
        let count = value.chars().count();
        if count < *length.start() {
            self.fault(member, value, &format!("Member must have length greater than or equal to {}", length.start()));
        }
        if count > *length.end() {
            self.fault(member, value, &format!("Member must have length less than or equal to {}", length.end()));
        }
        if !value.chars().all(allowed.1) {
            self.fault(member, value, &format!("Member must satisfy regular expression pattern: {}", allowed.0));
        }
    }

    /// Takes a number that may be missing.
    pub(super) fn number(&mut self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.query.get(name) else { return Ok(None) };
        let malformed = |_| Refusal::new(400, "MalformedInput", format!("Invalid value for {name}"));
        let value: i64 = text.parse().map_err(malformed)?;
        if value < *range.start() {
            let rule = format!("Member must have value greater than or equal to {}", range.start());
            self.fault(&member(name), text, &rule);
        }
        if value > *range.end() {
            let rule = format!("Member must have value less than or equal to {}", range.end());
            self.fault(&member(name), text, &rule);
        }
        Ok(Some(value))
    }

    /// Judges how many members a list has.
    pub(super) fn at_most(&mut self, name: &str, count: usize, limit: usize) {
        if count > limit {
            self.fault(&member(name), "[...]", &format!("Member must have length less than or equal to {limit}"));
        }
    }

    /// Ends the checking: refuses with all that was found.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        let plural = match self.found.len() {
            0 => return Ok(()),
            1 => "",
            _ => "s",
        };
        let count = self.found.len();
        Err(Refusal::validation(format!("{count} validation error{plural} detected: {}", self.found.join("; "))))
    }

    fn fault(&mut self, member: &str, value: &str, rule: &str) {
        self.found.push(format!("Value '{value}' at '{member}' failed to satisfy constraint: {rule}"));
    }
}

/// Writes a parameter's name as AWS's messages do: `RoleArn` → `roleArn`.
fn member(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: Characters = Characters("[\\w]*", |c| c.is_ascii_alphanumeric());

    #[test]
    fn forms_are_decoded() {
        let query = Query::parse("A=x+y%2Bz&B=%&C=%c3%A9&D&Tags.member.2.Key=k2&Tags.member.1.Key=k1&T.member.1=a");
        assert_eq!(query.get("A"), Some("x y+z"));
        assert_eq!(query.get("B"), Some("%"));
        assert_eq!(query.get("C"), Some("é"));
        assert_eq!(query.get("D"), Some(""));
        let keys: Vec<_> = query.members("Tags").iter().map(|tag| tag["Key"]).collect();
        assert_eq!(keys, ["k1", "k2"]);
        assert_eq!(query.members("T")[0][""], "a");
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let query = Query::parse("RoleSessionName=%20&DurationSeconds=1");
        let mut check = Check::new(&query);
        check.required("RoleSessionName", 2..=64, &WORD);
        check.required("RoleArn", 20..=2048, &WORD);
        check.number("DurationSeconds", 900..=43_200).unwrap();
        let message = check.finish().unwrap_err().message;
        assert!(
            message.starts_with("4 validation errors detected: Value ' ' at 'roleSessionName' failed"),
            "{message}"
        );
        assert!(message.contains("Value null at 'roleArn'"), "{message}");
        assert!(message.ends_with("Member must have value greater than or equal to 900"), "{message}");
    }
}
