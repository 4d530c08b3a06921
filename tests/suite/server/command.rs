//! `awstok serve` as a command: what it prints and says, what it refuses, how it ends.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::Stdio;

use awstok::sandbox::{Fault, Rule};

use super::Served;
use crate::commands::Stage;
use crate::home::Run;

#[test]
fn it_prints_what_leads_sdks_there_and_unsets_what_would_win() {
    let stage = Stage::new();
    let mut served = Served::start(&stage, &[]);
    let variables = served.variables.clone();
    let expected = serde_json::json!({
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": format!("http://{}/credentials", served.address),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"],
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCOUNT_ID": "210987654321",
        "AWSTOK_PROFILE": "prod",
    });
    assert_eq!(variables, expected);
    let token = served.token().to_owned();
    assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(served.address.starts_with("127.0.0.1:"));
    let other = Served::of(&mut stage.home.command(["serve", "prod", "--json"]));
    assert_ne!(other.token(), token);
    assert_eq!(stage.home.ok(&["env", "--last", "--json"]), stage.home.ok(&["env", "prod", "--json"]));

    let mut shell = stage.home.command(["serve", "prod", "--shell", "bash", "-q"]);
    served.child.kill().unwrap();
    let mut child = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.kill().unwrap();
    let said = Run::of(child.wait_with_output().unwrap());
    let name = |line: &str| line.trim_end_matches(';').split('=').next().unwrap().to_owned();
    let names: Vec<String> = text.lines().map(name).collect();
    let expected = "unset AWS_ACCESS_KEY_ID\nunset AWS_SECRET_ACCESS_KEY\nunset AWS_SESSION_TOKEN\nunset AWS_SECURITY_TOKEN\n\
        unset AWS_ACCESS_KEY\nunset AWS_SECRET_KEY\n\
        unset AWS_CREDENTIAL_EXPIRATION\nunset AWS_SESSION_EXPIRATION\nunset AWS_PROFILE\nunset AWS_DEFAULT_PROFILE\n\
        unset AWS_ROLE_ARN\nunset AWS_ROLE_SESSION_NAME\nunset AWS_WEB_IDENTITY_TOKEN_FILE\nunset AWS_CREDENTIAL_FILE\n\
        unset AWS_CONTAINER_CREDENTIALS_RELATIVE_URI\nunset AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE\n\
        unset AWS_BEARER_TOKEN_BEDROCK\nexport AWS_CONTAINER_CREDENTIALS_FULL_URI\n\
        export AWS_CONTAINER_AUTHORIZATION_TOKEN\nexport AWS_REGION\nexport AWS_DEFAULT_REGION\nexport AWS_ACCOUNT_ID\n\
        export AWSTOK_PROFILE";
    assert_eq!(names.join("\n"), expected);
    assert_eq!(said.err, "");
}

#[test]
fn signals_end_it_with_success_even_while_a_call_is_pending() {
    for signal in ["TERM", "INT", "HUP"] {
        let stage = Stage::new();
        super::short_lives(&stage, "AssumeRole", 4);
        let served = Served::start(&stage, &[]);
        let said = format!("serving prod on {} until Ctrl-C or SIGTERM\n", served.address);
        if signal == "TERM" {
            stage.sandbox.inject(Rule::new(Fault::Silence).action("AssumeRole"));
            std::thread::sleep(std::time::Duration::from_millis(3_500));
        }
        let begun = std::time::Instant::now();
        assert_eq!(served.end(signal), Run { code: 0, out: String::new(), err: said });
        assert!(begun.elapsed().as_secs() < 5);
    }
}

#[test]
fn the_token_goes_into_a_file_that_goes_with_the_server() {
    let stage = Stage::new();
    let served = Served::start(&stage, &["--token-file", "token", "--address", "localhost:0"]);
    let path = stage.home.path("token");
    let file = stage.home.read("token");
    assert_eq!(
        served.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"].as_str(),
        path.canonicalize().unwrap().to_str()
    );
    assert!(served.variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").is_none());
    assert!(file.len() == 64 && !served.variables.to_string().contains(&file));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(served.ask("GET /credentials", &[("Authorization", &file)]).status, 200);
    let run = served.end("TERM");
    assert_eq!((run.code, run.err.contains(&file)), (0, false));
    assert!(!stage.home.exists("token"));

    // a token that a killed server left is replaced; one that another server has put there stays
    stage.home.write("token", &file);
    let served = Served::of(&mut stage.home.command(["serve", "prod", "--json", "--token-file", "token"]));
    assert_ne!(stage.home.read("token"), file);
    stage.home.write("token", &file);
    assert_eq!(served.end("TERM").code, 0);
    assert_eq!(stage.home.read("token"), file);

    stage.home.write("notes", "not a token");
    let said = stage.home.fails(2, &["serve", "prod", "--json", "--token-file", "notes"]);
    assert!(said.starts_with("error: `") && said.contains("holds something else than a token\n\nhint: "), "{said}");
    assert_eq!(stage.home.read("notes"), "not a token");
}

#[test]
fn what_cant_be_served_is_refused_before_a_code_is_spent() {
    let stage = Stage::new();
    for address in ["0.0.0.0:0", "0.0.0.0", "10.0.0.1:80", "[::]:0", "example.com:80", "127.0.0.1:x"] {
        let said = stage.home.fails(2, &["serve", "prod", "--address", address]);
        assert!(said.contains(&format!("invalid value '{address}' for '--address <ADDRESS>'")), "{said}");
    }
    stage.home.fails(2, &["serve", "prod", "--allow-v1"]);
    stage.home.fails(2, &["serve", "prod", "--imds", "--token-file", "x"]);
    let said = stage.home.fails(2, &["serve", "prod"]);
    assert!(said.contains("which shell this is for"), "{said}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = stage.home.fails(1, &["serve", "prod", "--json", "--address", &address, "--mfa-code", &stage.code()]);
    let expected = format!(
        "error: could not listen on `{address}`\n  caused by: Address already in use (os error 98)\n\n\
         hint: choose another port, or none: then a free one is taken\n"
    );
    if cfg!(target_os = "linux") {
        assert_eq!(said, expected);
    }
    assert_eq!(stage.calls(), [] as [&str; 0]);
    let said = stage.home.fails(5, &["serve", "prod", "--json"]);
    assert!(said.contains("needs a code of the device"), "{said}");
    let said = stage.home.fails(3, &["serve", "ci", "--json"]);
    assert!(said.contains("the credentials of `ci` have no end") && said.contains("awstok env ci"), "{said}");
    stage.home.fails(3, &["serve", "nobody", "--json"]);
    stage.home.profile(
        "guarded",
        "role_name = Admin\naccount_id = 210987654321\nmaster_profile = mainuser\nguard = confirm\n",
    );
    let said = stage.home.fails(5, &["serve", "guarded", "--json"]);
    assert!(said.contains("profile `guarded` is guarded"), "{said}");
    assert_eq!(stage.calls(), [] as [&str; 0]);
    let code = stage.code();
    drop(Served::of(&mut stage.home.command(["serve", "guarded", "--yes", "--json", "--mfa-code", &code])));
}

#[test]
fn both_kinds_of_loopback_can_be_listened_on() {
    let stage = Stage::new();
    if TcpListener::bind("[::1]:0").is_err() {
        return crate::tools::say_skipped("there is no IPv6 here");
    }
    let served = Served::start(&stage, &["--address", "::1"]);
    assert!(served.address.starts_with("[::1]:"));
    assert_eq!(served.credentials().status, 200);
    let served = Served::of(&mut stage.home.command(["serve", "prod", "--json", "--imds", "--address", "[::1]"]));
    assert_eq!(served.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"], "IPv6");
    assert_eq!(served.ask("PUT /latest/api/token", &[("X-aws-ec2-metadata-token-ttl-seconds", "60")]).status, 200);
}
