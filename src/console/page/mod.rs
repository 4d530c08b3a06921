//! Owns the page of buttons that switch to roles in the AWS console: one HTML file, readable without its script.
//! It refuses to load anything, from anywhere; its policy lets nothing run but the style and the script that it carries.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::switch_role::SwitchRole;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("search.js");

/// Renders links as a page: a button for each role, grouped by account in the order of their numbers, in the role's colour.
pub fn page(links: &[SwitchRole]) -> String {
    let mut accounts: BTreeMap<&str, Vec<&SwitchRole>> = BTreeMap::new();
    let mut shades: Vec<&str> = Vec::new();
    for link in links {
        accounts.entry(link.account_id()).or_default().push(link);
        shades.extend(link.shade());
    }
    shades.sort_unstable();
    shades.dedup();
    let mut style = STYLE.to_owned();
    for shade in shades {
        // a colour is six hex digits and nothing else
        let _ = writeln!(style, ".c{shade} {{ --shade: #{shade}; }}");
    }
    let mut sections = String::new();
    for (account, roles) in accounts {
        let _ = writeln!(sections, "<section>\n<h2>{}</h2>\n<ul>", escaped(account));
        for role in roles {
            let class = role.shade().map(|shade| format!(" class=\"c{shade}\"")).unwrap_or_default();
            let _ = writeln!(
                sections,
                "<li><a{class} href=\"{}\" rel=\"noreferrer\"><bdi>{}</bdi><span><bdi>{}</bdi></span></a></li>",
                escaped(&role.url()),
                escaped(role.shown_name()),
                escaped(role.role_name()),
            );
        }
        sections.push_str("</ul>\n</section>\n");
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; script-src '{}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>AWS roles</title>\n<style>{style}</style>\n</head>\n<body>\n<header>\n<h1>AWS roles</h1>\n\
         <input type=\"search\" aria-label=\"Search profiles, roles and accounts\" placeholder=\"Search\" hidden>\n\
         <output></output>\n</header>\n<main>\n{sections}</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        source_of(&style),
        source_of(SCRIPT),
    )
}

/// Names a text in a content security policy, by its hash (CSP Level 3, "hash-source").
fn source_of(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Makes a text harmless in HTML, in an attribute as between tags; control characters become U+FFFD.
fn escaped(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => harmless.push_str("&amp;"),
            '<' => harmless.push_str("&lt;"),
            '>' => harmless.push_str("&gt;"),
            '"' => harmless.push_str("&quot;"),
            '\'' => harmless.push_str("&#39;"),
            character if character.is_control() => harmless.push('\u{fffd}'),
            character => harmless.push(character),
        }
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, account: &str, color: Option<&str>) -> SwitchRole {
        SwitchRole::new(name, &format!("arn:aws:iam::{account}:role/team/Admin"), None)
            .unwrap()
            .color(color.map(|text| text.parse().unwrap()))
    }

    #[test]
    fn roles_stand_under_their_accounts() {
        let html = page(&[
            link("b", "210987654321", Some("red")),
            link("c", "123456789012", None),
            link("a", "210987654321", Some("00ff7f")),
        ]);
        let places: Vec<usize> = ["123456789012</h2>", ">c</bdi>", "210987654321</h2>", ">b</bdi>", ">a</bdi>"]
            .iter()
            .map(|text| html.find(text).unwrap())
            .collect();
        assert!(places.is_sorted(), "{html}");
        assert!(html.contains(
            "<a class=\"c00ff7f\" href=\"https://signin.aws.amazon.com/switchrole?account=210987654321&amp;"
        ));
        assert!(html.contains(".cf2b0a9 { --shade: #f2b0a9; }\n"));
    }

    #[test]
    fn the_policy_names_what_the_page_carries() {
        let html = page(&[link("a", "210987654321", Some("red"))]);
        for (tag, text) in [("style", STYLE), ("script", SCRIPT)] {
            let carried = html.split_once(&format!("<{tag}>")).unwrap().1.split_once(&format!("</{tag}>")).unwrap().0;
            assert!(carried.starts_with(text));
            assert!(html.contains(&format!("{tag}-src '{}'", source_of(carried))), "{html}");
        }
    }

    #[test]
    fn a_value_stays_in_its_place() {
        let html = page(&[link("a", "210987654321", None).display_name("</a><script>alert('\"&\u{1b}]\u{0}')")]);
        assert_eq!(html.matches("<script>").count(), 1);
        assert!(html.contains("&lt;/a&gt;&lt;script&gt;alert(&#39;&quot;&amp;\u{fffd}]\u{fffd}&#39;)"), "{html}");
    }
}
