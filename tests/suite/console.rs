//! `console`: who is let into the AWS console, where the visit begins, and who gets to see the URL.

use awstok::sandbox::{Fault, Rule};

use crate::commands::{ADMIN, SECRET, Stage, json, seconds_until};
use crate::sandbox::ask;
#[cfg(target_os = "linux")]
use crate::tools::say_skipped;
#[cfg(unix)]
use crate::tools::tool;

/// Comes with the URL, as a browser would; gives the page.
#[track_caller]
fn visit(stage: &Stage, url: &str) -> (u16, String) {
    let path = url.trim().strip_prefix(&stage.sandbox.url()).unwrap_or_else(|| panic!("{url}"));
    let answer = ask(&stage.sandbox, "GET", path, &[]);
    (answer.status, answer.body)
}

/// A stage whose role sessions are there already.
fn fetched() -> Stage {
    let stage = Stage::new();
    stage.ok(&["token", "audit"]);
    stage.home.ok(&["token", "prod"]);
    stage.sandbox.clear_calls();
    stage
}

#[test]
fn a_role_is_let_in_once_where_it_wants_to_go() {
    let stage = fetched();
    let url = stage.home.ok(&["console", "prod", "--print"]);
    assert_eq!(stage.calls(), ["getSigninToken"]);
    let (status, page) = visit(&stage, &url);
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("Signed in as <b>arn:aws:sts::210987654321:assumed-role/Admin/"), "{page}");
    assert!(page.contains("https://eu-central-1.console.aws.amazon.com/console/home?region=eu-central-1."), "{page}");
    assert_eq!(visit(&stage, &url).0, 400);

    let begun = |args: &[&str]| {
        let url = stage.home.ok(&[&["console", "prod", "--print"], args].concat());
        visit(&stage, &url).1
    };
    let page = begun(&["--service", "s3"]);
    assert!(page.contains("https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1."), "{page}");
    let page = begun(&["--destination", "https://s3.console.aws.amazon.com/x?a=b&c='d'"]);
    assert!(page.contains("https://s3.console.aws.amazon.com/x?a=b&amp;c=&apos;d&apos;."), "{page}");
}

#[test]
fn a_length_is_asked_for_where_aws_allows_it() {
    let stage = fetched();
    stage.home.ok(&["console", "prod", "--print", "--duration", "2h"]);
    let run = stage.home.run(&["console", "audit", "--print", "--duration", "2h"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("a role behind a role"), "{}", run.err);
    stage.home.ok(&["console", "prod", "--print"]);
    let asked: Vec<_> = stage
        .sandbox
        .calls_of("getSigninToken")
        .iter()
        .map(|call| call.parameter("SessionDuration").map(str::to_owned))
        .collect();
    assert_eq!(asked, [Some("7200".into()), None, None]);
    for duration in ["14m", "13h", "x"] {
        stage.home.fails(2, &["console", "prod", "--print", "--duration", duration]);
    }
}

#[test]
fn json_says_until_when_the_url_serves() {
    let stage = fetched();
    let report = json(&stage.home.ok(&["console", "prod", "--json"]));
    assert_eq!(report["profile"], "prod");
    assert_eq!(visit(&stage, report["url"].as_str().unwrap()).0, 200);
    assert!((14 * 60..=15 * 60).contains(&seconds_until(&report["expires"])), "{report}");
    assert_eq!(report.as_object().unwrap().len(), 3);
}

#[test]
fn who_cant_sign_in_hears_why_and_what_instead() {
    let stage = Stage::new();
    let said = stage.home.fails(3, &["console", "mainuser", "--print"]);
    assert!(said.contains("a session of GetSessionToken") && said.contains("`audit`, `prod`"), "{said}");
    let said = stage.home.fails(3, &["console", "ci", "--print"]);
    assert!(said.contains("long-term credentials") && said.contains("awstok profile add --kind role"), "{said}");
    let secret = "wJalrXUtnFEMI";
    stage.home.profile("program", &format!(
        "credential_process = printf '{{\"Version\":1,\"AccessKeyId\":\"AKIAIOSFODNN7EXAMPLE\",\"SecretAccessKey\":\"{secret}\"}}'\n"
    ));
    let said = stage.home.fails(3, &["console", "program", "--print"]);
    assert!(said.contains("gives long-term credentials"), "{said}");
    // what can't be right is refused before anybody is asked for a code
    for args in [
        &["--destination", "https://evil.com/"][..],
        &["--destination", "http://console.aws.amazon.com/"],
        &["--service", "../x"],
        &["--service", "s3", "--destination", "https://console.aws.amazon.com/"],
        &["--browser", "x", "--print"],
    ] {
        stage.home.fails(2, &[&["console", "prod", "--print"][..], args].concat());
    }
    assert_eq!(stage.calls(), [""; 0]);
    // the right console, the wrong partition
    stage.ok(&["token", "prod"]);
    stage.home.fails(2, &["console", "prod", "--print", "--destination", "https://console.amazonaws.cn/"]);
}

#[test]
fn guards_stand_before_the_console_too() {
    let stage = fetched();
    stage.home.profile("prod", &format!("role_arn = {ADMIN}\nmaster_profile = mainuser\nguard = confirm\n"));
    stage.home.fails(5, &["console", "prod", "--print"]);
    assert_eq!(stage.calls(), [""; 0]);
    stage.home.ok(&["console", "prod", "--print", "--yes"]);
}

#[test]
fn failures_end_in_time_and_keep_the_session_to_themselves() {
    let stage = fetched();
    let token = stage.variables("prod")["AWS_SESSION_TOKEN"].as_str().unwrap().to_owned();
    let answer = |body: &str| Fault::Answer { status: 200, content_type: "application/json", body: body.into() };
    let faults = [
        (4, Fault::Refused(400, "BadRequest")),
        (6, Fault::Failure(503)),
        (6, Fault::TornBody),
        (6, Fault::HangUp),
        (6, Fault::Redirect("https://evil.com/".into())),
        (6, answer("<html>")),
        (6, answer("{\"SigninToken\":\"a\\nb\"}")),
        (6, answer("{\"SigninToken\":\"\"}")),
    ];
    for (code, fault) in faults {
        let name = format!("{fault:?}");
        stage.sandbox.inject(Rule::new(fault).action("getSigninToken").times(9));
        let run = stage.home.run(&["console", "prod", "--print", "-vv"]);
        assert_eq!((run.code, run.out.as_str()), (code, ""), "{name}: {run:?}");
        assert!(!run.err.contains(&token) && !run.err.contains(SECRET) && !run.err.contains("Session="), "{}", run.err);
        stage.sandbox.clear_faults();
    }
    // one failure is no failure
    stage.sandbox.inject(Rule::new(Fault::Failure(500)).action("getSigninToken").times(1));
    stage.home.ok(&["console", "prod", "--print"]);
}

/// A browser that follows one address, and writes down what it was started with and what it got to see.
#[cfg(unix)]
fn browser(stage: &Stage) -> Option<String> {
    let curl = tool("curl")?;
    stage.home.write(
        "browser",
        format!("#!/bin/sh\necho \"$@\" > \"$HOME/started\"\n{} -sL \"$1\" > \"$HOME/seen.new\" && mv \"$HOME/seen.new\" \"$HOME/seen\"\n", curl.display()),
    );
    let file = stage.home.path("browser");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    Some(file.display().to_string())
}

#[cfg(unix)]
#[test]
fn the_browser_is_handed_an_address_that_tells_nothing_and_serves_once() {
    let stage = fetched();
    let Some(browser) = browser(&stage) else { return };
    let run = stage.home.run(&["console", "prod", "--browser", &format!("{browser} %s %p %u")]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:?}");
    assert_eq!(run.err, "the console of `prod` opens in the browser\n");
    await_file(&stage, "seen");
    assert!(stage.home.read("seen").contains("Signed in as <b>arn:aws:sts::210987654321:assumed-role/Admin/"));
    let started = stage.home.read("started");
    let words: Vec<&str> = started.split_whitespace().collect();
    let [address, profile, encoded] = words[..] else { panic!("{started}") };
    assert_eq!((profile, encoded.replace("%3A", ":").replace("%2F", "/").as_str()), ("prod", address));
    let (host, path) = address.strip_prefix("http://127.0.0.1:").unwrap().split_once('/').unwrap();
    assert!(host.parse::<u16>().is_ok() && path.len() == 43, "{address}");
    let log = json(&stage.home.ok(&["log", "prod", "--json"]));
    let last = log.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["command"], &last["to"], &last["status"]),
        (&"console".into(), &"browser".into(), &"reused".into())
    );
    assert!(std::net::TcpStream::connect(format!("127.0.0.1:{host}")).is_err(), "nobody listens any more");
}

#[cfg(unix)]
#[test]
fn a_container_of_firefox_gets_the_address_within_its_own() {
    let stage = fetched();
    let Some(browser) = browser(&stage) else { return };
    let unpacks = "#!/bin/sh\necho \"$1\" > \"$HOME/container\"\n\
                   exec \"$HOME/browser\" \"$(echo \"${1#*url=}\" | sed 's|%3A|:|g; s|%2F|/|g')\"\n";
    stage.home.write("firefox", unpacks);
    let command = format!("/bin/sh {} 'ext+container:name=%p&url=%u'", stage.home.path("firefox").display());
    stage.home.ok(&["console", "prod", "--browser", &command]);
    await_file(&stage, "seen");
    assert!(stage.home.read("seen").contains("Signed in as"), "{browser}");
    assert!(stage.home.read("container").starts_with("ext+container:name=prod&url=http%3A%2F%2F127.0.0.1%3A"));
    // a command that can't be read is no reason to open another browser
    let said = stage.home.fails(2, &["console", "prod", "--browser", "firefox 'ext+container:name=%p"]);
    assert!(said.contains("has a quote that isn't closed"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn who_reads_the_address_in_the_list_of_processes_gets_nothing_for_it() {
    let (Some(setpriv), Some(curl)) = (tool("setpriv"), tool("curl")) else { return };
    if !rustix::process::geteuid().is_root() {
        return say_skipped("only root can become another user");
    }
    let stage = fetched();
    let as_another = format!(
        "#!/bin/sh\n'{}' --reuid 65534 --regid 65534 --clear-groups '{curl}' -si \"$1\" > \"$HOME/theirs\"\n\
         '{curl}' -sL \"$1\" > \"$HOME/seen.new\" && mv \"$HOME/seen.new\" \"$HOME/seen\"\n",
        setpriv.display(),
        curl = curl.display()
    );
    stage.home.write("browser", as_another);
    stage.home.ok(&["console", "prod", "--browser", &format!("/bin/sh {} %s", stage.home.path("browser").display())]);
    await_file(&stage, "seen");
    let theirs = stage.home.read("theirs");
    assert!(theirs.starts_with("HTTP/1.1 403") && !theirs.contains("SigninToken"), "{theirs}");
    assert!(stage.home.read("seen").contains("Signed in as"));
}

#[cfg(unix)]
#[test]
fn the_environments_browser_opens_the_console_too_and_without_one_nobody_is_called() {
    let mut stage = fetched();
    stage.home.fails(2, &["console", "prod"]);
    assert_eq!(stage.calls(), [""; 0]);
    stage.home.fails(1, &["console", "prod", "--browser", "/no/such/browser"]);
    let Some(browser) = browser(&stage) else { return };
    stage.home.set("BROWSER", format!("/no/such/browser:{browser}"));
    stage.home.ok(&["console", "prod"]);
    await_file(&stage, "seen");
    assert!(stage.home.read("seen").contains("Signed in"));
}

#[cfg(unix)]
fn await_file(stage: &Stage, name: &str) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !stage.home.exists(name) && std::time::Instant::now() < end {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
