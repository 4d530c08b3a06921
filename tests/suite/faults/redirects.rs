//! Nothing that a file or a variable says can lead a signed request elsewhere: it is refused before any look-up.

use super::Stage;
use crate::home::{AWSTOK, Home, Run};
use crate::tools::tool;

/// Runs `token user` with a network that is watched: it must fail, and open no connection.
fn refused(home: &Home, what: &str) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let run = match tool("strace") {
        Some(strace) => {
            let mut command = home.other(strace);
            command.args(["-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o"]).arg(log.path());
            Run::of(command.args([AWSTOK, "token", "user"]).output().unwrap())
        }
        None => home.run(&["token", "user"]),
    };
    assert!((run.code == 2 || run.code == 3) && run.out.is_empty(), "{what}: {run:#?}");
    assert!(run.err.contains("error: "), "{what}: {}", run.err);
    assert_eq!(std::fs::read_to_string(log.path()).unwrap(), "", "{what}: something went out");
}

const REGIONS: [&str; 12] = [
    "x.evil.com/#",
    "a@b",
    "../",
    "..",
    "eu-west-1.evil.com",
    "eu-west-1/",
    "eu-west-1?x",
    "evil.com:443",
    "eu west 1",
    "eu-west-1%2f",
    "\u{0435}u-west-1",
    "-",
];

#[test]
fn regions_that_lead_elsewhere_are_refused() {
    for region in REGIONS {
        let mut stage = Stage::new();
        stage
            .home
            .profile("user", &format!("aws_access_key_id = AKIAUSER\naws_secret_access_key = s\nregion = {region}\n"));
        refused(&stage.home, &format!("region = {region}"));
        stage.home.profile("user", "aws_access_key_id = AKIAUSER\naws_secret_access_key = s\n");
        for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            stage.home.set("AWS_REGION", "");
            stage.home.set(variable, region);
            refused(&stage.home, &format!("{variable}={region}"));
        }
        stage.home.set("AWS_REGION", "");
        stage.home.set("AWS_DEFAULT_REGION", "");
        stage.home.write(".aws/awstok/settings", format!("[defaults]\nregion = {region}\n"));
        refused(&stage.home, &format!("[defaults] region = {region}"));
        assert_eq!(stage.sandbox.calls().len(), 0);
    }
}

#[test]
fn endpoints_that_lead_elsewhere_are_refused() {
    let urls = [
        "http://example.com",
        "http://127.0.0.1.evil.com",
        "http://127.0.0.1@evil.com",
        "http://localhost.evil.com",
        "http://169.254.169.254",
        "https://user:word@sts.amazonaws.com",
        "https://sts.amazonaws.com/../x",
        "https://sts.amazonaws.com#x",
        "https://a@b",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "sts.amazonaws.com",
        "../",
    ];
    for url in urls {
        for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
            let mut stage = Stage::new();
            stage.home.set(variable, url);
            refused(&stage.home, &format!("{variable}={url}"));
        }
    }
}
