//! `awstok switchrole-url`: links from the profile files alone.

use std::process::Command;

use serde_json::json as object;

use super::{Stage, json};
use crate::tools::{node, tool};

const PROD: &str = "https://signin.aws.amazon.com/switchrole?account=210987654321&roleName=Admin&displayName=prod";

#[test]
fn one_profile_is_one_url() {
    let stage = Stage::new();
    assert_eq!(stage.home.ok(&["switchrole-url", "prod"]), format!("{PROD}\n"));
    assert_eq!(stage.home.ok(&["switchrole-url", "-p", "prod", "--color", "red"]), format!("{PROD}&color=f2b0a9\n"));
    assert_eq!(stage.home.ok(&["switchrole-url", "prod", "--color", "00ff7f"]), format!("{PROD}&color=00ff7f\n"));
    assert_eq!(
        stage.home.ok(&["switchrole-url", "prod", "--display-name", "Prod & co/ü"]),
        format!("{}\n", PROD.replace("displayName=prod", "displayName=Prod%20%26%20co%2F%C3%BC"))
    );
    assert!(stage.home.ok(&["switchrole-url", "audit"]).contains("&roleName=team%2Faudit&"));
    assert_eq!(stage.calls(), [""; 0]);
}

#[test]
fn each_partition_has_its_host() {
    let stage = Stage::new();
    for (partition, host) in [("aws-cn", "signin.amazonaws.cn"), ("aws-us-gov", "signin.amazonaws-us-gov.com")] {
        stage.home.profile(
            "there",
            &format!("role_arn = arn:{partition}:iam::210987654321:role/A\nmaster_profile = mainuser\n"),
        );
        let url = stage.home.ok(&["switchrole-url", "there"]);
        assert!(url.starts_with(&format!("https://{host}/switchrole?account=210987654321&")), "{url}");
    }
    stage
        .home
        .profile("there", "role_name = A\naccount_id = 001234567890\nregion = cn-north-1\nmaster_profile = mainuser\n");
    assert!(
        stage
            .home
            .ok(&["switchrole-url", "there"])
            .starts_with("https://signin.amazonaws.cn/switchrole?account=001234567890&")
    );
}

#[test]
fn all_roles_are_a_line_each_or_json() {
    let stage = Stage::new();
    let out = stage.home.ok(&["switchrole-url"]);
    let names: Vec<_> =
        out.lines().map(|line| line.split_once("\thttps://signin.aws.amazon.com/switchrole?").unwrap().0).collect();
    assert_eq!(names, ["audit", "prod", "stage"]);
    let links = json(&stage.home.ok(&["switchrole-url", "--json"]));
    assert_eq!(links.as_array().unwrap().len(), 3);
    let one = json(&stage.home.ok(&["switchrole-url", "prod", "--format", "json"]));
    assert_eq!(one[0], links[1]);
    assert_eq!((&one[0]["profile"], &one[0]["url"]), (&object!("prod"), &object!(PROD)));
}

#[test]
fn what_cant_be_a_link_is_refused() {
    let stage = Stage::new();
    let said = stage.home.fails(3, &["switchrole-url", "mainuser"]);
    assert!(said.contains("profile `mainuser` names no role") && said.contains("\n\nhint: "), "{said}");
    for args in [
        &["prod", "--color", "mauve"][..],
        &["prod", "--color", "#12345"],
        &["prod", "--format", "xml"],
        &["--display-name", "x"],
    ] {
        stage.home.fails(2, &[&["switchrole-url"][..], args].concat());
    }
}

#[test]
fn a_browser_extension_gets_a_section_for_each_role() {
    let stage = Stage::new();
    stage.home.profile(
        "prod",
        "role_name = Admin\naccount_id = 210987654321\nmaster_profile = mainuser\nregion = eu-west-1\ncolor = red\n",
    );
    let out = stage.home.ok(&["switchrole-url", "--format", "aesr"]);
    let prod = "[profile prod]\nrole_arn = arn:aws:iam::210987654321:role/Admin\ncolor = f2b0a9\nregion = eu-west-1\n";
    assert_eq!(out.matches("role_arn = ").count(), 3, "{out}");
    assert!(out.contains(&format!("\n\n{prod}\n[profile stage]\n")), "{out}");
    assert_eq!(stage.home.ok(&["switchrole-url", "prod", "--format", "aesr"]), prod);
    stage.home.fails(2, &["switchrole-url", "prod", "--format", "aesr", "--display-name", "a]\n[b"]);
    // what the extension would cut off silently is said, and costs the others nothing
    stage.home.profile("odd", "role_arn = arn:aws:iam::210987654321:role/a=b\nmaster_profile = mainuser\n");
    let run = stage.home.run(&["switchrole-url", "--format", "aesr"]);
    assert_eq!((run.code, run.out.as_str()), (0, out.as_str()));
    assert!(run.err.contains("`odd` is left out: the browser extension can't read the role"), "{}", run.err);
    stage.home.fails(3, &["switchrole-url", "odd", "--format", "aesr"]);
}

#[test]
fn the_extensions_own_parser_reads_the_same_roles() {
    let Some(node) = node().filter(|node| node.has("aesr-config")) else { return };
    let stage = Stage::new();
    stage.home.profile(
        "prod",
        "role_name = Admin\naccount_id = 210987654321\nmaster_profile = mainuser\nregion = eu-west-1\ncolor = red\n",
    );
    stage
        .home
        .profile("größe$(id)", "role_arn = arn:aws:iam::210987654321:role/team/a,b+c@d\nmaster_profile = mainuser\n");
    stage.home.write("roles", stage.home.ok(&["switchrole-url", "--format", "aesr"]));
    let script = r#"import(`${process.env.NODE_PATH}/aesr-config/lib/index.js`).then(({ ConfigParser }) =>
        console.log(JSON.stringify(ConfigParser.parseIni(require("fs").readFileSync("roles", "utf8")))))"#;
    let out = node.script(&stage.home, script).current_dir(stage.home.path("")).output().unwrap();
    let read = json(&String::from_utf8(out.stdout).unwrap());
    let links = json(&stage.home.ok(&["switchrole-url", "--json"]));
    let theirs = read["singles"].as_array().unwrap();
    assert_eq!((theirs.len(), &read["complexes"]), (4, &object!([])), "{read}");
    for (theirs, ours) in theirs.iter().zip(links.as_array().unwrap()) {
        assert_eq!((&theirs["name"], &theirs["aws_account_id"]), (&ours["display_name"], &ours["account_id"]));
        assert_eq!(theirs["role_name"], ours["role_name"]);
        assert_eq!(theirs.get("color"), Some(&ours["color"]).filter(|color| color.is_string()));
    }
    assert!(theirs.iter().any(|role| role["region"] == "eu-west-1"));
}

#[test]
fn a_file_that_cant_be_used_drives_no_terminal() {
    let stage = Stage::new();
    stage.home.write(".aws/aws-profiles/bad", "[bad\u{1b}]0;evil\u{7}]\n");
    let (code, shown) = stage.home.on_terminal(&["switchrole-url", "--json"]).end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("[bad\\u{1b}") && !shown.contains("\u{1b}]0;"), "{shown:?}");
}

#[test]
fn a_phone_gets_a_picture() {
    let stage = Stage::new();
    let run = stage.home.run(&["switchrole-url", "prod", "--qr"]);
    assert_eq!((run.code, run.out.as_str()), (0, format!("{PROD}\n").as_str()));
    // version 5 at level L holds 106 bytes: 37 modules and the quiet zone, two rows a line
    let widths: Vec<usize> = run.err.lines().map(|line| line.chars().count()).collect();
    assert_eq!(widths, [37 + 8; 23], "{}", run.err);
    assert!(run.err.chars().all(|character| "█▀▄ \n".contains(character)), "{}", run.err);
    stage.home.fails(2, &["switchrole-url", "prod", "--qr", "--json"]);
}

#[test]
fn a_browser_shows_a_button_for_each_role_and_finds_them() {
    let Some(chromium) = tool("chromium") else { return };
    let stage = Stage::new();
    stage
        .home
        .profile("prod", "role_name = Admin\naccount_id = 210987654321\nmaster_profile = mainuser\ncolor = red\n");
    let html = stage.home.ok(&["switchrole-url", "--format", "html"]);
    // a person who types a word, as a script that the page's own policy would refuse: taken out for the test alone
    let typed = "<script>search.value = '2109 adm'; search.dispatchEvent(new Event('input'))</script></body>";
    let (head, rest) = html.split_once("<meta http-equiv").unwrap();
    let without_policy = format!("{head}{}", rest.split_once('\n').unwrap().1).replace("</body>", typed);
    let shown = |name: &str, text: &str| {
        let file = stage.home.path(name);
        std::fs::write(&file, text).unwrap();
        let out = Command::new(&chromium)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom"])
            .arg(format!("--user-data-dir={}", stage.home.path("browser").display()))
            .arg(format!("file://{}", file.display()))
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let dom = shown("roles.html", &html);
    // the script ran: it is what shows the field
    assert!(dom.contains("placeholder=\"Search\">"), "{dom}");
    assert!(dom.contains(&format!("href=\"{}&amp;color=f2b0a9\"", PROD.replace('&', "&amp;"))), "{dom}");
    assert_eq!(dom.matches("<li><a ").count(), 3, "{dom}");
    let found = shown("found.html", &without_policy);
    assert_eq!(found.matches("<li><a ").count(), 1, "{found}");
    assert_eq!(found.matches("<li hidden=\"\"><a ").count(), 2, "{found}");
    // a script that came in with a value doesn't run
    let foreign = shown("foreign.html", &html.replace("</body>", typed));
    assert_eq!(foreign.matches("<li><a ").count(), 3, "{foreign}");
}
