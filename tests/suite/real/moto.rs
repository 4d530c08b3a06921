//! moto's STS takes awstok's calls: a server whose reading of the protocol is not ours. It doesn't check codes. Its instance
//! metadata are a second opinion on the stand-in's.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::home::Home;
use crate::sandbox::ask_at;
use crate::sandbox::metadata::{instance, on_ec2};
use crate::tools::{beside_python, python};

struct Moto {
    process: Child,
    url: String,
}

impl Moto {
    fn start(home: &Home, program: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = home.other(program);
        command.args(["-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "moto's server doesn't answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { process, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn motos_sts_serves_the_whole_chain() {
    if python("moto").is_none() {
        return;
    }
    let Some(program) = beside_python("moto_server") else { return };
    let mut home = Home::new();
    let moto = Moto::start(&home, &program);
    home.set("AWS_ENDPOINT_URL_STS", &*moto.url);
    home.profile(
        "mainuser",
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n\
         mfa_id = arn:aws:iam::123456789012:mfa/ann\nregion = eu-central-1\n",
    );
    home.profile(
        "prod",
        "account_id = 210987654321\nrole_name = team/admin\nmaster_profile = mainuser\nregion = eu-central-1\n\
         session_tags = team=a b+c/ä,cost-center=1\nexternal_id = partner-1\nsource_identity = ann\n",
    );
    home.profile("audit", "role_arn = arn:aws:iam::777788889999:role/audit\nmaster_profile = prod\nduration = 30m\n");

    let done = home.ok(&["token", "--all", "--json", "--mfa-code", "123456"]);
    let done: Vec<Value> = serde_json::from_str(&done).unwrap();
    // `reused` is what another profile's chain brought along in this run
    assert!(done.iter().all(|one| ["fetched", "reused"].contains(&one["status"].as_str().unwrap())), "{done:?}");
    let who: Vec<_> = done.iter().map(|one| json!([one["profile"], one["arn"], one["account_id"]])).collect();
    let audit = "arn:aws:sts::777788889999:assumed-role/audit/ann";
    let prod = "arn:aws:sts::210987654321:assumed-role/admin/ann";
    assert_eq!(who[0], json!(["audit", audit, "777788889999"]));
    assert_eq!(who[2], json!(["prod", prod, "210987654321"]));
    for (name, arn) in [("prod", prod), ("audit", audit)] {
        let who: Value = serde_json::from_str(&home.ok(&["whoami", name, "--json"])).unwrap();
        assert_eq!(who["arn"], arn);
    }
    // from the cache: the server is gone
    drop(moto);
    assert!(home.ok(&["env", "prod", "--format", "json"]).contains("AWS_SESSION_TOKEN"));
}

/// Reads instance metadata of a server, by IMDSv2.
fn metadata(server: SocketAddr, path: &str) -> String {
    let ask = |method, path: &str, header| ask_at(server, "169.254.169.254", method, path, &[header]);
    let token = ask("PUT", "/latest/api/token", ("X-aws-ec2-metadata-token-ttl-seconds", "60"));
    assert_eq!(token.status, 200, "{token:?}");
    let answer = ask("GET", &format!("/latest/meta-data/{path}"), ("X-aws-ec2-metadata-token", &token.body));
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

/// What moto's instance metadata has is there, and in the same form.
#[test]
fn motos_instance_metadata_has_the_form_of_the_stand_ins() {
    if python("moto").is_none() {
        return;
    }
    let Some(program) = beside_python("moto_server") else { return };
    let home = Home::new();
    let moto = Moto::start(&home, &program);
    let theirs: SocketAddr = moto.url.strip_prefix("http://").unwrap().parse().unwrap();
    let sandbox = on_ec2(instance());
    for path in [
        "ami-id",
        "hostname",
        "instance-id",
        "instance-type",
        "local-hostname",
        "local-ipv4",
        "mac",
        "placement/availability-zone",
        "placement/region",
        "public-hostname",
        "public-ipv4",
        "iam/security-credentials/",
    ] {
        for server in [theirs, sandbox.address()] {
            let text = metadata(server, path);
            assert!(!text.is_empty() && !text.contains(['\n', '{', '/']), "{path}: {text}");
        }
    }
    let members = |server, role: &str| -> Vec<String> {
        let text = metadata(server, &format!("iam/security-credentials/{role}"));
        let value: Value = serde_json::from_str(&text).unwrap();
        value.as_object().unwrap().keys().cloned().collect()
    };
    let ours = members(sandbox.address(), "web");
    let missing: Vec<_> = members(theirs, "default-role").into_iter().filter(|name| !ours.contains(name)).collect();
    assert_eq!(missing, Vec::<String>::new(), "{ours:?}");
}

/// An instance profile takes what moto's instance has; of an identity document moto knows nothing.
#[test]
fn motos_instance_metadata_serves() {
    if python("moto").is_none() {
        return;
    }
    let Some(program) = beside_python("moto_server") else { return };
    let mut home = Home::new();
    let moto = Moto::start(&home, &program);
    home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*moto.url);
    home.set("AWS_ENDPOINT_URL", &*moto.url);
    home.profile("ec2", "credential_source = Ec2InstanceMetadata\n");
    home.ok(&["token", "ec2"]);
    assert!(home.read(".aws/credentials").starts_with("[ec2]\naws_access_key_id = test-key\n"));
    let who: Value = serde_json::from_str(&home.ok(&["whoami", "ec2", "--json"])).unwrap();
    assert!(who["arn"].as_str().unwrap().starts_with("arn:aws:sts::"), "{who}");
}
