//! EC2's instance metadata: the rules of tokens with raw requests, the answers with the clients that read them.

use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use awstok::sandbox::{Access, Fault, Instance, Rule};
use serde_json::{Value, json};

use super::*;
use crate::home::{Home, Run};
use crate::tools::python;

pub const WEB: &str = "arn:aws:iam::210987654321:role/team/web";
const TTL: &str = "X-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "X-aws-ec2-metadata-token";

/// An instance with the role `WEB`.
pub fn instance() -> Instance {
    Instance::new("210987654321", "eu-central-1").role(WEB).profile_name("web-servers")
}

pub fn on_ec2(instance: Instance) -> Sandbox {
    let sandbox = start();
    sandbox.change(|world| {
        world.add_role(Role::new(WEB).trusts("ec2.amazonaws.com")).unwrap();
        world.set_instance(instance);
    });
    sandbox
}

fn token(sandbox: &Sandbox, seconds: &str) -> Answer {
    ask(sandbox, "PUT", "/latest/api/token", &[(TTL, seconds)])
}

/// Asks with a token for what stands at a path below `/latest/`.
fn get(sandbox: &Sandbox, path: &str) -> Answer {
    let token = token(sandbox, "60").body;
    ask(sandbox, "GET", &format!("/latest/{path}"), &[(TOKEN, &token)])
}

fn text(sandbox: &Sandbox, path: &str) -> String {
    let answer = get(sandbox, path);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain")), "{path}");
    answer.body
}

#[test]
fn tokens_have_their_rules() {
    let sandbox = on_ec2(instance());
    for good in ["1", "21600"] {
        let answer = token(&sandbox, good);
        assert_eq!((answer.status, answer.header(TTL), answer.body.len()), (200, Some(good), 56), "{answer:?}");
    }
    for bad in ["0", "21601", "-1", "", "x", "60s"] {
        assert_eq!(token(&sandbox, bad).status, 400, "{bad}");
    }
    let put = |headers: &[(&str, &str)]| ask(&sandbox, "PUT", "/latest/api/token", headers).status;
    assert_eq!(put(&[]), 400);
    assert_eq!(put(&[(TTL, "60"), ("X-Forwarded-For", "203.0.113.1")]), 403);
    for method in ["GET", "POST", "HEAD", "DELETE"] {
        assert_eq!(ask(&sandbox, method, "/latest/api/token", &[(TTL, "60")]).status, 405, "{method}");
    }
    assert_eq!(ask(&sandbox, "PUT", "/latest/meta-data/instance-id", &[(TTL, "60")]).status, 405);

    let read = |headers: &[(&str, &str)]| ask(&sandbox, "GET", "/latest/meta-data/instance-id", headers).status;
    let good = token(&sandbox, "60").body;
    assert_eq!(read(&[(TOKEN, &good)]), 200);
    assert_eq!(read(&[]), 401);
    assert_eq!(read(&[(TOKEN, "AQAEAunknown==")]), 401);
    // a token is good on its instance, and for its time
    sandbox.change(|world| world.instance().unwrap().id = "i-00000000000000002".into());
    assert_eq!(read(&[(TOKEN, &good)]), 401);
    let second = token(&sandbox, "60").body;
    assert_eq!(read(&[(TOKEN, &second)]), 200);
    sandbox.set_clock_offset(jiff::SignedDuration::from_secs(60));
    let late = ask(&sandbox, "GET", "/latest/meta-data/instance-id", &[(TOKEN, &second)]);
    assert_eq!((late.status, late.header("content-type")), (401, Some("text/html")));
    assert!(late.body.contains("<title>401 - Unauthorized</title>"), "{late:?}");
}

#[test]
fn access_can_be_narrowed_and_widened_while_it_runs() {
    let sandbox = on_ec2(instance());
    let found = |access: Option<Access>| {
        sandbox.change(|world| match access {
            Some(access) => world.instance().unwrap().access = access,
            None => world.set_instance(None),
        });
        let read = |headers: &[(&str, &str)]| ask(&sandbox, "GET", "/latest/meta-data/mac", headers).status;
        (token(&sandbox, "60").status, read(&[]), read(&[(TOKEN, "wrong")]))
    };
    assert_eq!(found(Some(Access::V2Only)), (200, 401, 401));
    assert_eq!(found(Some(Access::V1AndV2)), (200, 200, 401));
    for status in [403, 404, 405] {
        assert_eq!(found(Some(Access::V1Only(status))), (status, 200, 200));
    }
    assert_eq!(found(Some(Access::Disabled)), (403, 403, 403));
    assert_eq!(found(None), (404, 404, 404));
}

#[test]
fn lists_and_values_are_as_ec2_gives_them() {
    let sandbox = on_ec2(instance());
    let read = |path: &str| text(&sandbox, path);
    assert_eq!(read(""), "dynamic/\nmeta-data/");
    assert_eq!(
        read("meta-data/"),
        "ami-id\nhostname\niam/\ninstance-id\ninstance-type\nlocal-hostname\nlocal-ipv4\nmac\nnetwork/\nplacement/\n\
         public-hostname\npublic-ipv4\nservices/"
    );
    assert_eq!(read("meta-data/iam"), "info\nsecurity-credentials/");
    assert_eq!(read("meta-data/iam/security-credentials/"), "web");
    assert_eq!(read("meta-data/network/interfaces/macs/"), "0e:49:61:0f:c3:11/");
    let below = |name: &str| read(&format!("meta-data/network/interfaces/macs/0e:49:61:0f:c3:11/{name}"));
    assert_eq!(below(""), "local-ipv4s\nmac\nowner-id\npublic-ipv4s\nsubnet-id\nvpc-id");
    for (path, value) in [
        ("ami-id", "ami-0f1e2d3c4b5a69788"),
        ("instance-id", "i-0a1b2c3d4e5f67890"),
        ("instance-type", "t3.micro"),
        ("instance-type/", "t3.micro"),
        ("local-hostname", "ip-10-0-1-23.eu-central-1.compute.internal"),
        ("local-ipv4", "10.0.1.23"),
        ("mac", "0e:49:61:0f:c3:11"),
        ("placement/availability-zone", "eu-central-1a"),
        ("placement/region", "eu-central-1"),
        ("public-hostname", "ec2-203-0-113-25.eu-central-1.compute.amazonaws.com"),
        ("public-ipv4", "203.0.113.25"),
    ] {
        assert_eq!(read(&format!("meta-data/{path}")), value);
    }
    assert_eq!(
        (below("vpc-id"), below("subnet-id")),
        ("vpc-0a1b2c3d4e5f60718".into(), "subnet-0f9e8d7c6b5a43210".into())
    );
    let document: Value = serde_json::from_str(&read("dynamic/instance-identity/document")).unwrap();
    assert_eq!(
        ["accountId", "region", "availabilityZone", "instanceId"].map(|name| document[name].as_str().unwrap()),
        ["210987654321", "eu-central-1", "eu-central-1a", "i-0a1b2c3d4e5f67890"]
    );
    for missing in
        ["meta-data/instance-id/x", "meta-data/x", "meta-data/iam/security-credentials/other", "api/x", "user-data"]
    {
        assert_eq!(get(&sandbox, missing).status, 404, "{missing}");
    }
    sandbox.change(|world| world.set_instance(Instance::new("210987654321", "us-east-1").private()));
    assert_eq!(read("meta-data/local-hostname"), "ip-10-0-1-23.ec2.internal");
    // EC2 has an empty public name there, and no public address
    assert_eq!(read("meta-data/public-hostname"), "");
    for missing in ["public-ipv4", "iam", "iam/info", "iam/security-credentials/"] {
        assert_eq!(get(&sandbox, &format!("meta-data/{missing}")).status, 404, "{missing}");
    }
}

#[test]
fn the_role_has_real_credentials_that_go_round() {
    let sandbox = on_ec2(instance().lifetime(Duration::from_secs(600)).renew_before(Duration::from_secs(60)));
    let read = || -> Value {
        let said = text(&sandbox, "meta-data/iam/security-credentials/web");
        assert!(
            said.starts_with("{\n  \"Code\" : \"Success\",\n  \"LastUpdated\" : \"20") && said.ends_with("\"\n}"),
            "{said}"
        );
        serde_json::from_str(&said).unwrap()
    };
    let who = |found: &Value| {
        let field = |name: &str| found[name].as_str().unwrap().to_owned();
        let client = client(&sandbox, &field("AccessKeyId"), &field("SecretAccessKey"), Some(&field("Token")));
        run(async { client.get_caller_identity().send().await.map(|me| me.arn.unwrap()).map_err(|_| ()) })
    };
    let first = read();
    let names: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(names, ["Code", "LastUpdated", "Type", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"]);
    assert_eq!(first["Type"], "AWS-HMAC");
    assert_eq!(who(&first).unwrap(), "arn:aws:sts::210987654321:assumed-role/web/i-0a1b2c3d4e5f67890");
    // the clock stands a little before the renewal, behind it, and behind the first one's end
    let after = |seconds| sandbox.set_clock_offset(jiff::SignedDuration::from_secs(seconds));
    after(530);
    assert_eq!(read(), first);
    after(541);
    let second = read();
    assert_ne!(second["AccessKeyId"], first["AccessKeyId"]);
    assert!(second["Expiration"].as_str() > first["Expiration"].as_str());
    after(601);
    assert_eq!(read(), second);
    // signed by a clock ten minutes behind, which is refused before the expiration is looked at
    assert!(who(&first).is_err());

    let info: Value = serde_json::from_str(&text(&sandbox, "meta-data/iam/info")).unwrap();
    assert_eq!(info["InstanceProfileArn"], "arn:aws:iam::210987654321:instance-profile/web-servers");
    sandbox.change(|world| world.add_role(Role::new(WEB)).unwrap());
    let refused = get(&sandbox, "meta-data/iam/security-credentials/web");
    assert_eq!((refused.status, &refused.json()["Code"]), (200, &json!("AssumeRoleUnauthorizedAccess")));
}

#[test]
fn faults_and_records_know_the_service_by_name_and_path() {
    let sandbox = on_ec2(instance());
    let rule = |fault| Rule::new(fault).action("InstanceMetadata").path("/latest/meta-data/iam").times(1);
    let credentials = "meta-data/iam/security-credentials/web";
    sandbox.inject(rule(Fault::Failure(503)));
    let failed = get(&sandbox, credentials);
    assert_eq!((failed.status, failed.header("content-type")), (503, Some("text/html")));
    sandbox.inject(rule(Fault::Throttling));
    assert_eq!(get(&sandbox, credentials).status, 429);
    sandbox.inject(rule(Fault::HangUp));
    assert_eq!(get(&sandbox, credentials).head, "");
    sandbox.inject(rule(Fault::TornBody));
    let torn = get(&sandbox, credentials);
    assert!(torn.body.len() < torn.header("content-length").unwrap().parse().unwrap());
    sandbox.inject(rule(Fault::value("Code", "Failed")));
    assert_eq!(get(&sandbox, credentials).json()["Code"], "Failed");
    sandbox.inject(rule(Fault::missing("Token")));
    assert_eq!(get(&sandbox, credentials).json().get("Token"), None);
    sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(20))));
    let expiration: jiff::Timestamp =
        get(&sandbox, credentials).json()["Expiration"].as_str().unwrap().parse().unwrap();
    assert!(expiration.duration_since(jiff::Timestamp::now()).as_secs() < 20);

    let calls = sandbox.calls_of("InstanceMetadata");
    assert_eq!(calls.len(), 14);
    assert_eq!((calls[0].method.as_str(), calls[0].path.as_str()), ("PUT", "/latest/api/token"));
    assert_eq!((calls[1].method.as_str(), calls[1].status), ("GET", 503));
    assert_eq!(calls[1].path, format!("/latest/{credentials}"));
}

#[test]
fn the_rust_sdk_is_the_instances_role() {
    let sandbox = on_ec2(instance());
    let config = ProviderConfig::empty().with_http_client(aws_smithy_http_client::Builder::new().build_http());
    let found = run(async {
        let client = aws_config::imds::Client::builder().configure(&config).endpoint(sandbox.url()).unwrap().build();
        let region = client.get("/latest/meta-data/placement/region").await.unwrap();
        assert_eq!(region.as_ref(), "eu-central-1");
        let provider = ImdsCredentialsProvider::builder().configure(&config).imds_client(client).build();
        provider.provide_credentials().await.unwrap()
    });
    let expiry = jiff::Timestamp::try_from(found.expiry().unwrap()).unwrap();
    let left = expiry.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((21_500..=21_600).contains(&left), "{left}");
    let client = client(&sandbox, found.access_key_id(), found.secret_access_key(), found.session_token());
    let me = run(async { client.get_caller_identity().send().await.unwrap() });
    assert_eq!(me.arn(), Some("arn:aws:sts::210987654321:assumed-role/web/i-0a1b2c3d4e5f67890"));
}

const SCRIPT: &str = r#"
import json, boto3
from botocore.session import get_session
from botocore.utils import IMDSRegionProvider
session = boto3.Session()
credentials = session.get_credentials()
print(json.dumps({
    "method": credentials.method,
    "expires": credentials._expiry_time.timestamp(),
    "arn": session.client("sts", region_name="eu-central-1").get_caller_identity()["Arn"],
    "region": IMDSRegionProvider(get_session()).provide(),
}))
"#;

#[test]
fn boto3_is_the_instances_role() {
    let Some(python) = python("boto3") else { return };
    let sandbox = on_ec2(instance().lifetime(Duration::from_secs(3_600)));
    let mut home = Home::new();
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", sandbox.url());
    for access in [Access::V2Only, Access::V1AndV2, Access::V1Only(403), Access::V1Only(404), Access::V1Only(405)] {
        sandbox.change(|world| world.instance().unwrap().access = access);
        sandbox.clear_calls();
        let run = Run::of(home.other(&python).args(["-c", SCRIPT]).output().unwrap());
        assert_eq!(run.code, 0, "{access:?}: {run:#?}");
        let found: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(found["method"], "iam-role");
        assert_eq!(found["arn"], "arn:aws:sts::210987654321:assumed-role/web/i-0a1b2c3d4e5f67890");
        assert_eq!(found["region"], "eu-central-1");
        let calls = sandbox.calls_of("InstanceMetadata");
        let with_put = calls.iter().filter(|call| call.method == "PUT").count();
        assert!(with_put > 0 && calls.len() > with_put + 2, "{access:?}: {calls:#?}");
    }
    sandbox.change(|world| world.set_instance(None));
    let run = Run::of(
        home.other(&python).args(["-c", "import boto3; print(boto3.Session().get_credentials())"]).output().unwrap(),
    );
    assert_eq!((run.code, run.out.as_str()), (0, "None\n"), "{run:#?}");
}
