//! Owns what is judged of IAM Identity Center: halves in the files, sign-ins that are over, torn caches.

use std::collections::BTreeSet;

use super::Case;
use crate::doctor::finding::Finding;
use crate::doctor::view::View;
use crate::tokens::TokenFiles;

pub(super) fn judge(Case { facts, chain, .. }: Case<'_>, found: &mut Vec<Finding>) {
    for cached in &facts.caches {
        if let Some(torn) = &cached.torn {
            let message = format!("`{}` of the AWS CLI's cache can't be used: {torn}", cached.path.display());
            let finding = Finding::warning("torn-cache", message).at(&cached.path, None);
            found.push(finding.fix("remove it and sign in again: `aws sso login` writes it anew"));
        }
    }
    let names = facts.config.profiles().chain(facts.credentials.profiles()).map(|(name, _)| name);
    for name in names.collect::<BTreeSet<_>>() {
        let view = View::new(facts, name);
        let place =
            ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"].iter().find_map(|key| view.get(key));
        let Some(place) = place else { continue };
        let at = |finding: Finding| finding.of(name).at(&place.file.path, Some(place.key.line));
        match view.sso() {
            Some(Err(trouble)) => {
                let message = format!("Identity Center of `{name}` is half-configured: {trouble}");
                let fix = "an Identity Center profile has `sso_account_id`, `sso_role_name`, and `sso_session` of an `[sso-session]` with `sso_start_url` and `sso_region`";
                found.push(at(Finding::error("sso-incomplete", message)).fix(fix));
            }
            Some(Ok(())) if name == chain.profile => found.extend(sign_in(view).map(at)),
            None if !view.has("sso_session") => {
                let message = format!(
                    "Identity Center of `{name}` is half-configured: `sso_account_id` and `sso_role_name` are missing"
                );
                found.push(at(Finding::warning("sso-incomplete", message)).fix("write both"));
            }
            _ => {}
        }
    }
}

/// Judges whether somebody is signed in where the profile wants it: SDKs look for the token under the session's name, or the address.
fn sign_in(view: View<'_>) -> Option<Finding> {
    let facts = view.facts;
    let name = view.value("sso_session").or_else(|| view.value("sso_start_url"))?;
    let file = TokenFiles::new(&facts.paths).file(name);
    let here = facts.caches.iter().find(|cached| cached.path == file).and_then(|cached| cached.sign_in.as_ref());
    if here.is_some_and(|sign_in| sign_in.is_renewable || sign_in.ends > facts.now) {
        return None;
    }
    let message = format!("nobody is signed in at `{}`, which `{}` needs", view.portal()?, view.name);
    let program = if facts.profile_file(view.name).is_some() { "awstok sso login" } else { "aws sso login --profile" };
    Some(Finding::warning("sso-signed-out", message).fix(format!("`{program} {}`", view.name)))
}
