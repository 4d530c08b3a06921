//! Owns a plan as people and scripts read it: each call, its code, its length, and what of it is cached.
//! It refuses to judge or change the plan.

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::{rfc3339, short_duration, time_left};
use crate::profile::CodeFrom;
use crate::profile::plan::{Base, Plan, Stage, Step};
use crate::ui::shown;

/// A plan, ready to be printed.
#[derive(Debug, Serialize)]
pub struct Outline {
    /// The profile that is handed out.
    pub profile: String,
    /// Where the first credentials come from.
    source: Source,
    /// The calls, in order.
    pub steps: Vec<Call>,
    /// The region that is handed out along.
    region: Option<String>,
    /// Why this path was chosen.
    reasons: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Source {
    kind: &'static str,
    profile: String,
    /// Of long-term credentials; others' aren't known before they are fetched.
    access_key_id: Option<String>,
    /// The program that is asked, without its arguments, or the role that a token stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Whether the cache holds what it gave before; of a source that is fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    cached: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    #[serde(skip)]
    end: Option<Timestamp>,
}

/// One call.
#[derive(Debug, Serialize)]
pub struct Call {
    call: &'static str,
    profile: String,
    role_arn: Option<String>,
    session_name: Option<String>,
    mfa_id: Option<String>,
    /// How the code is got, in words, where nobody types it.
    #[serde(skip)]
    code_from: &'static str,
    duration_seconds: u64,
    region: Option<String>,
    /// Whether its session is in the cache and alive.
    pub cached: bool,
    expiration: Option<String>,
    #[serde(skip)]
    end: Option<Timestamp>,
}

impl Outline {
    /// Draws up `plan`; `ends` gives the end of what the cache holds of each stage.
    pub fn of(plan: &Plan, ends: &[Option<Timestamp>], now: Timestamp) -> Self {
        let mut ends = ends.iter().map(|end| end.filter(|end| *end > now));
        let mut source = Source::of(&plan.base);
        let mut steps = Vec::new();
        for stage in plan.stages() {
            let end = ends.next().flatten();
            match stage {
                Stage::Base(_) => {
                    source = Source { cached: Some(end.is_some()), expiration: end.map(rfc3339), end, ..source }
                }
                Stage::Step(step) => steps.push(Call::of(step, end)),
            }
        }
        Self {
            profile: plan.profile.clone(),
            source,
            steps,
            region: plan.region.clone(),
            reasons: plan.reasons.clone(),
        }
    }

    /// Writes it for people.
    pub fn text(&self, now: Timestamp) -> String {
        let mut text = format!("{}\n", shown(&self.profile));
        text.push_str(&format!("  1. {}\n", self.source.text(now)));
        for (at, call) in self.steps.iter().enumerate() {
            text.push_str(&format!("  {}. {}\n", at + 2, call.text(now)));
        }
        if let Some(region) = &self.region {
            text.push_str(&format!("  handed out with region {}\n", shown(region)));
        }
        for reason in &self.reasons {
            text.push_str(&format!("  why: {}\n", shown(reason)));
        }
        text
    }
}

impl Source {
    fn of(base: &Base) -> Self {
        let access_key_id = match base {
            Base::LongTerm { access_key_id, .. } => Some(access_key_id.clone()),
            _ => None,
        };
        let detail = match base {
            // arguments may hold what isn't for everyone
            Base::Process { words, .. } => words.first().cloned(),
            Base::WebIdentity { request, .. } => Some(request.role_arn.clone()),
            Base::Sso { account_id, role_name, .. } => Some(format!("{account_id}/{role_name}")),
            _ => None,
        };
        Self {
            kind: base.what(),
            profile: base.profile().to_owned(),
            access_key_id,
            detail,
            cached: None,
            expiration: None,
            end: None,
        }
    }

    fn text(&self, now: Timestamp) -> String {
        let mut text = self.kind.to_owned();
        for detail in [&self.access_key_id, &self.detail].into_iter().flatten() {
            text.push_str(&format!(" {}", shown(detail)));
        }
        text.push_str(&format!(" of profile `{}`", shown(&self.profile)));
        if self.cached.is_some() {
            text.push_str(&state(self.end, now));
        }
        text
    }
}

/// Says what the cache holds.
fn state(end: Option<Timestamp>, now: Timestamp) -> String {
    match end {
        Some(end) => format!("  [cached, {} left]", time_left(end, now)),
        None => "  [to be called]".to_owned(),
    }
}

impl Call {
    fn of(step: &Step, end: Option<Timestamp>) -> Self {
        let request = match step {
            Step::AssumeRole { request, .. } => Some(request),
            Step::GetSessionToken { .. } => None,
        };
        Self {
            call: step.api(),
            profile: step.profile().to_owned(),
            role_arn: request.map(|request| request.role_arn.clone()),
            session_name: request.map(|request| request.session_name.clone()),
            mfa_id: step.mfa().map(|device| device.serial.clone()),
            code_from: step.mfa().map_or("", |device| match device.code_from {
                CodeFrom::Prompt => "",
                CodeFrom::Virtual => " (from its seed)",
                CodeFrom::Yubikey => " (from a YubiKey)",
                CodeFrom::Command(_) => " (from `mfa_command`)",
            }),
            duration_seconds: step.duration().as_secs(),
            region: step.region().map(str::to_owned),
            cached: end.is_some(),
            expiration: end.map(rfc3339),
            end,
        }
    }

    fn text(&self, now: Timestamp) -> String {
        let mut text = self.call.to_owned();
        if let Some(role) = &self.role_arn {
            text.push_str(&format!(" {}", shown(role)));
        }
        text.push_str(&format!(" of profile `{}`", shown(&self.profile)));
        if let Some(name) = &self.session_name {
            text.push_str(&format!(" as `{}`", shown(name)));
        }
        text.push_str(&format!(" for {}", short_duration(std::time::Duration::from_secs(self.duration_seconds))));
        if let Some(device) = &self.mfa_id {
            text.push_str(&format!(", with a code of `{}`{}", shown(device), self.code_from));
        }
        text.push_str(&state(self.end, now));
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::SignedDuration;

    use super::*;
    use crate::profile::plan::Device;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn plan() -> Plan {
        Plan {
            profile: "ann\u{1b}[2J".into(),
            base: Base::LongTerm {
                profile: "ann".into(),
                access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
                secret_access_key: "canary".into(),
                account_id: None,
            },
            steps: vec![Step::GetSessionToken {
                profile: "ann".into(),
                mfa: Some(Device { serial: "GAHT\n12345".into(), ..Device::default() }),
                duration: Duration::from_secs(5_400),
                region: None,
            }],
            region: Some("eu-west-1".into()),
            guard: None,
            caches: vec![],
            reasons: vec!["one\ntwo".into()],
        }
    }

    fn end(life: i64) -> Timestamp {
        now() + SignedDuration::from_secs(life)
    }

    fn text(ends: &[Option<Timestamp>]) -> String {
        Outline::of(&plan(), ends, now()).text(now())
    }

    #[test]
    fn a_line_a_step_without_secrets_and_controls() {
        assert_eq!(
            text(&[]),
            "ann\\u{1b}[2J\n  1. long-term credentials AKIAIOSFODNN7EXAMPLE of profile `ann`\n  \
             2. GetSessionToken of profile `ann` for 1h30m, with a code of `GAHT 12345`  [to be called]\n  \
             handed out with region eu-west-1\n  why: one two\n"
        );
    }

    #[test]
    fn only_what_lives_counts_as_cached() {
        assert!(text(&[Some(end(90))]).contains("[cached, 1m 30s left]"));
        assert!(text(&[Some(end(0))]).contains("[to be called]"));
        let outline = Outline::of(&plan(), &[Some(end(60))], now());
        let shown = serde_json::to_value(&outline).unwrap();
        assert_eq!(shown["steps"][0]["expiration"], "2027-01-15T08:01:00Z");
        assert!(!shown.to_string().contains("canary"));
    }
}
