//! `awstok sandbox` as a newcomer meets it: on a terminal, in a shell, interrupted, without a trace left behind.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::home::{Home, Run};
use crate::tools::{aws_cli, python};

/// A home in which temporary files lie apart, so that what is left of them is seen.
fn outside() -> Home {
    let mut home = Home::new();
    std::fs::create_dir(home.path("tmp")).unwrap();
    let tmp = home.path("tmp");
    home.set("TMPDIR", tmp.to_str().unwrap());
    home
}

#[track_caller]
fn untouched(home: &Home) {
    let all: Vec<_> = std::fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(all, ["tmp"], "the home outside");
    let left: Vec<_> = std::fs::read_dir(home.path("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

/// Takes the code out of the line that shows it.
fn code_in(shown: &str) -> String {
    let (_, behind) = shown.rsplit_once("authenticator: ").unwrap_or_else(|| panic!("no code in {shown}"));
    behind.chars().take(6).collect()
}

/// Does what a sandbox's inhabitants do: everything in one `sh -c`, the code from `awstok sandbox --code`.
fn in_sandbox(home: &Home, script: &str) -> Run {
    Run::of(home.command(["sandbox", "--", "sh", "-c", script]).output().unwrap())
}

const FETCH: &str = "awstok -q token prod --mfa-code $(awstok sandbox --code)";

#[test]
fn the_first_command_asks_takes_the_code_and_leaves_no_trace() {
    let home = outside();
    let mut terminal = home.on_terminal(&["sandbox", "--", "awstok", "token", "prod"]);
    let before = terminal.expect("MFA code of `arn:aws:iam::111122223333:mfa/mainuser` for profile `mainuser`: ");
    let code = code_in(&before);
    let opening = "sandbox: a local stand-in for AWS and a throw-away home; nothing outside is read or touched";
    assert!(before.starts_with(&format!("{opening}\nauthenticator: {code}\n")), "{before}");
    terminal.send(&format!("{code}\n"));
    let (status, rest) = terminal.end();
    assert_eq!(status, 0, "{rest}");
    let (_, summary) = rest.split_once("PROFILE").unwrap();
    let words: Vec<&str> = summary.split_whitespace().collect();
    assert_eq!(words[..5], ["ACCOUNT", "UNTIL", "LEFT", "prod", "444455556666"], "{rest}");
    assert_eq!(words.last(), Some(&"fetched"), "{rest}");
    untouched(&home);
}

#[test]
fn in_a_shell_the_code_comes_when_it_is_asked_for() {
    let mut home = outside();
    home.set("SHELL", "/bin/sh");
    let mut terminal = home.on_terminal(&["sandbox"]);
    let opening = terminal.expect("sandbox $ ");
    assert!(opening.contains("try `awstok token prod`") && !opening.contains("authenticator"), "{opening}");
    terminal.send("awstok sandbox --code\n");
    let first: String = terminal.expect("sandbox $ ").lines().nth(1).unwrap().into();
    assert!(first.len() == 6 && first.bytes().all(|byte| byte.is_ascii_digit()), "{first}");
    terminal.send("awstok token prod\n");
    terminal.expect("for profile `mainuser`: \nauthenticator: ");
    let code = terminal.expect("\n");
    terminal.send(&code);
    terminal.expect("fetched");
    terminal.expect("sandbox $ ");
    terminal.send("exit 7\n");
    assert_eq!(terminal.end().0, 7);
    untouched(&home);
}

#[test]
fn the_shell_starts_without_the_persons_own_files() {
    let mut home = outside();
    home.write("tmp/rc", "echo LEAKED\nexport AWS_PROFILE=leaked\n");
    home.write("tmp/.zshrc", "echo LEAKED\n");
    let (rc, tmp) = (home.path("tmp/rc"), home.path("tmp"));
    home.set("ENV", rc.to_str().unwrap());
    home.set("BASH_ENV", rc.to_str().unwrap());
    home.set("ZDOTDIR", tmp.to_str().unwrap());
    for shell in ["/bin/sh", "/bin/bash", "/usr/bin/zsh"].iter().filter(|shell| Path::new(shell).exists()) {
        home.set("SHELL", *shell);
        let mut terminal = home.on_terminal(&["sandbox"]);
        let shown = terminal.expect("ends it\n") + &terminal.expect("sandbox ");
        terminal.send("exit 0\n");
        let (status, rest) = terminal.end();
        assert_eq!(status, 0, "{shell}: {shown}{rest}");
        assert!(!format!("{shown}{rest}").contains("LEAKED"), "{shell}: {shown}{rest}");
    }
}

#[test]
fn nothing_of_the_outside_leaks_in() {
    let mut home = outside();
    for name in ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_CONFIG_FILE", "AWSTOK_HOME", "AWSTOK_MFA_CODE"]
    {
        home.set(name, "leaked");
    }
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "XDG_CONFIG_HOME", "BOTO_CONFIG", "AWS_CA_BUNDLE"] {
        home.set(name, "/leaked");
    }
    home.set("AWSTOK_MFA_CODE", "123456");
    home.set("AWS_CONFIG_FILE", "/leaked");
    home.set("KEPT", "yes");
    let run = in_sandbox(&home, "env; ls -A ~ ~/.aws ~/.aws/aws-profiles");
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(!run.out.contains("leaked") && !run.out.contains("123456"), "{}", run.out);
    assert!(run.out.contains("KEPT=yes\n") && run.out.contains("\nmainuser\nprod\nprod-audit\n"), "{}", run.out);
    let mut aws: Vec<&str> =
        run.out.lines().filter(|line| line.starts_with("AWS")).map(|line| line.split_once('=').unwrap().0).collect();
    aws.sort_unstable();
    let services = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"];
    assert_eq!((aws[0], &aws[1..]), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &services[..]));
    let inside = run.out.lines().find_map(|line| line.strip_prefix("HOME=")).unwrap();
    assert!(!Path::new(inside).exists(), "`{inside}` is still there");
    untouched(&home);
}

#[test]
fn exit_codes_and_signals_pass_through() {
    let home = outside();
    for (script, code) in
        [("true", 0), ("exit 3", 3), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -KILL $$", 137)]
    {
        assert_eq!(in_sandbox(&home, script).code, code, "{script}");
    }
    home.write("not-executable", "exit 0\n");
    for (program, code) in [("no-such-program", 127), ("./no-such-program", 127), ("./not-executable", 126), ("/", 126)]
    {
        let said = home.fails(code, &["sandbox", "--", program]);
        assert!(said.contains(&format!("error: could not run `{program}`\n  caused by: ")), "{said}");
    }
    std::fs::remove_file(home.path("not-executable")).unwrap();
    let none = home.fails(5, &["sandbox", "--", "awstok", "token", "prod"]);
    assert!(none.contains("needs a code of the device"), "{none}");
    assert!(home.fails(2, &["sandbox", "--code"]).contains("there is no sandbox around this shell"));
    let elsewhere = home.fails(2, &["sandbox", "--approve", "http://127.0.0.1:1/device?user_code=X"]);
    assert!(elsewhere.contains("this is no page of the surrounding sandbox"), "{elsewhere}");
    untouched(&home);
}

#[test]
fn ctrl_c_is_the_childs() {
    let home = outside();
    let mut terminal = home.on_terminal(&["sandbox", "--", "awstok", "token", "prod"]);
    terminal.expect("for profile `mainuser`: ");
    terminal.send("\u{3}");
    assert_eq!(terminal.end().0, 130);
    // a child that takes it and goes on is not left alone
    let mut terminal = home.on_terminal(&[
        "sandbox",
        "--",
        "sh",
        "-c",
        "trap 'echo caught' INT; echo ready; read x; echo go; read y; exit 9",
    ]);
    terminal.expect("ready\n");
    terminal.send("\u{3}");
    terminal.expect("caught\n");
    terminal.send("\n");
    terminal.expect("go\n");
    terminal.send("\n");
    assert_eq!(terminal.end().0, 9);
    untouched(&home);
}

#[test]
fn a_signal_to_end_goes_on_to_the_child_and_the_home_goes() {
    let home = outside();
    for (signal, code) in [("TERM", 21), ("HUP", 22)] {
        let script = "trap 'exit 21' TERM; trap 'exit 22' HUP; : > ../ready; while :; do sleep 0.05; done";
        let mut child = home
            .command(["sandbox", "--", "sh", "-c", &format!("cd ~; {script}")])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while !home.exists("tmp/ready") {
            assert!(started.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(10));
        }
        let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        std::fs::remove_file(home.path("tmp/ready")).unwrap();
    }
    untouched(&home);
}

#[test]
fn everything_of_the_readme_works_inside() {
    let home = outside();
    let script = format!(
        "set -e; {FETCH}; awstok sso login; awstok token prod; awstok list; awstok status; awstok explain prod-audit; awstok token --all; \
         eval \"$(awstok env prod-audit --shell sh)\"; test \"$AWSTOK_PROFILE\" = prod-audit; awstok whoami ci; \
         awstok whoami instance; awstok whoami ci-oidc; awstok whoami developer; awstok undo; awstok clear --all"
    );
    let run = in_sandbox(&home, &script);
    assert_eq!(run.code, 0, "{run:#?}");
    for arn in [
        "arn:aws:iam::123456789012:user/ci",
        "arn:aws:sts::123456789012:assumed-role/instance/i-0a1b2c3d4e5f67890",
        "arn:aws:sts::444455556666:assumed-role/deploy/awstok-ci",
    ] {
        assert!(run.out.contains(arn), "{arn}: {run:#?}");
    }
    untouched(&home);
}

#[test]
fn boto3_in_the_sandbox_is_the_role() {
    let Some(python) = python("boto3") else { return };
    let script = format!(
        "{FETCH} && '{}' -c 'import boto3; print(boto3.Session(profile_name=\"prod\").client(\"sts\").get_caller_identity()[\"Arn\"])'",
        python.display()
    );
    let run = in_sandbox(&outside(), &script);
    assert_eq!(run.out, "arn:aws:sts::444455556666:assumed-role/administrator/ann\n", "{run:#?}");
}

#[test]
fn aws_cli_2_in_the_sandbox_is_the_role() {
    let Some(aws) = aws_cli(2) else { return };
    let ask = "sts get-caller-identity --profile prod --query Arn --output text --endpoint-url $AWS_ENDPOINT_URL";
    let run = in_sandbox(&outside(), &format!("{FETCH} && '{}' {ask}", aws.display()));
    assert_eq!(run.out, "arn:aws:sts::444455556666:assumed-role/administrator/ann\n", "{run:#?}");
}

/// Signs in as two programs do, and lets `BROWSER` approve both.
const SIGN_IN: &str = r#"
import base64, boto3, hashlib, http.server, os, shlex, subprocess, threading
from botocore import UNSIGNED
from botocore.config import Config

def browse(url):
    command = [part.replace("%s", url) for part in shlex.split(os.environ["BROWSER"])]
    return subprocess.run(command, check=True)

class Landing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.came = self.path
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass

oidc = boto3.client("sso-oidc", region_name="eu-central-1", config=Config(signature_version=UNSIGNED))
client = oidc.register_client(clientName="test", clientType="public", scopes=["sso:account:access"],
    redirectUris=["http://127.0.0.1/oauth/callback"], issuerUrl="https://example.awsapps.com/start",
    grantTypes=["authorization_code", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token"])
own = {"clientId": client["clientId"], "clientSecret": client["clientSecret"]}

device = oidc.start_device_authorization(startUrl="https://example.awsapps.com/start", **own)
browse(device["verificationUriComplete"])
oidc.create_token(grantType="urn:ietf:params:oauth:grant-type:device_code", deviceCode=device["deviceCode"], **own)

landing = http.server.HTTPServer(("127.0.0.1", 0), Landing)
redirect = f"http://127.0.0.1:{landing.server_port}/oauth/callback"
verifier = "v" * 64
challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
thread = threading.Thread(target=landing.handle_request)
thread.start()
browse(f"{os.environ['AWS_ENDPOINT_URL']}/authorize?response_type=code&client_id={own['clientId']}&redirect_uri={redirect}"
    f"&state=s1&code_challenge_method=S256&scopes=sso%3Aaccount%3Aaccess&code_challenge={challenge}")
thread.join()
path, query = landing.came.split("?code=")
code, state = query.split("&state=")
assert (path, state) == ("/oauth/callback", "s1"), landing.came
token = oidc.create_token(grantType="authorization_code", code=code, redirectUri=redirect, codeVerifier=verifier, **own)
portal = boto3.client("sso", region_name="eu-central-1", config=Config(signature_version=UNSIGNED))
accounts = portal.list_accounts(accessToken=token["accessToken"])["accountList"]
print([account["accountName"] for account in accounts])
"#;

#[test]
fn sign_ins_are_approved_without_a_browser() {
    let Some(python) = python("boto3") else { return };
    let home = outside();
    let run = Run::of(home.command(["sandbox", "--"]).arg(python).args(["-c", SIGN_IN]).output().unwrap());
    let accounts = "['Users', 'Production', 'Staging', 'Audit & Billing']\n";
    assert_eq!((run.code, run.out.as_str()), (0, accounts), "{run:#?}");
    let wrong = "awstok sandbox --approve \"$AWS_ENDPOINT_URL/device?user_code=XXXX-XXXX\"";
    let run = in_sandbox(&home, wrong);
    assert!(run.code == 4 && run.err.contains("the sign-in can't be approved (status 400)"), "{run:#?}");
    untouched(&home);
}
