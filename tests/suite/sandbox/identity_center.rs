//! IAM Identity Center in the stand-in, proved against the Rust SDK, botocore and the AWS CLI.

use aws_sdk_ssooidc::operation::create_token::builders::CreateTokenFluentBuilder;
use awstok::sandbox::{Approval, Fault, IdentityCenter, Renewal, Rule};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest as _;

use super::*;
use crate::home::{Home, Run};
use crate::tools::{aws_cli, python};

pub const START_URL: &str = "https://example.awsapps.com/start";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const REDIRECT: &str = "http://127.0.0.1:4711/oauth/callback";

/// An instance with two accounts, whose roles may assume `BEHIND`.
pub fn center() -> IdentityCenter {
    IdentityCenter::new(START_URL, "eu-central-1")
        .account(ACCOUNT, "books", "books@example.com", &["Admin", "ReadOnly"])
        .account("210987654321", "web", "web@example.com", &["Admin"])
}

/// A stand-in with that instance.
pub fn start_with(center: IdentityCenter) -> Sandbox {
    let sandbox = start();
    sandbox.change(|world| world.add_identity_center(center));
    sandbox
}

fn oidc(sandbox: &Sandbox) -> aws_sdk_ssooidc::Client {
    let config = aws_sdk_ssooidc::Config::builder()
        .behavior_version(aws_sdk_ssooidc::config::BehaviorVersion::latest())
        .region(aws_sdk_ssooidc::config::Region::new("eu-central-1"))
        .endpoint_url(sandbox.url())
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_ssooidc::Client::from_conf(config)
}

fn portal(sandbox: &Sandbox) -> aws_sdk_sso::Client {
    let config = aws_sdk_sso::Config::builder()
        .behavior_version(aws_sdk_sso::config::BehaviorVersion::latest())
        .region(aws_sdk_sso::config::Region::new("eu-central-1"))
        .endpoint_url(sandbox.url())
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_sso::Client::from_conf(config)
}

/// A registered client: its id and secret.
struct Client(String, String);

impl Client {
    async fn register(sandbox: &Sandbox) -> Self {
        let request = oidc(sandbox).register_client().client_name("test").client_type("public");
        let request = request.scopes("sso:account:access").grant_types(DEVICE_GRANT).grant_types("authorization_code");
        let request = request.grant_types("refresh_token").redirect_uris("http://127.0.0.1/oauth/callback");
        let client = request.issuer_url(START_URL).send().await.unwrap();
        assert!(client.client_secret_expires_at() > client.client_id_issued_at());
        Self(client.client_id.unwrap(), client.client_secret.unwrap())
    }

    fn token(&self, sandbox: &Sandbox, grant: &str) -> CreateTokenFluentBuilder {
        oidc(sandbox).create_token().client_id(&self.0).client_secret(&self.1).grant_type(grant)
    }

    /// Starts a device's sign-in; gives what asks for its token, and the code that a person sees.
    async fn device(&self, sandbox: &Sandbox) -> (CreateTokenFluentBuilder, String) {
        let request = oidc(sandbox).start_device_authorization().client_id(&self.0).client_secret(&self.1);
        let started = request.start_url(START_URL).send().await.unwrap();
        assert_eq!((started.expires_in(), started.interval()), (600, 1));
        let (user_code, page) = (started.user_code.unwrap(), format!("{}/device", sandbox.url()));
        assert_eq!(started.verification_uri.as_deref(), Some(page.as_str()));
        assert_eq!(started.verification_uri_complete, Some(format!("{page}?user_code={user_code}")));
        (self.token(sandbox, DEVICE_GRANT).device_code(started.device_code.unwrap()), user_code)
    }

    fn authorize_path(&self, verifier: &str, redirect: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier));
        format!(
            "/authorize?response_type=code&client_id={}&redirect_uri={}&state=s%20%261&code_challenge_method=S256&\
             scopes=sso%3Aaccount%3Aaccess&code_challenge={challenge}",
            self.0,
            redirect.replace(':', "%3A").replace('/', "%2F")
        )
    }
}

/// Sends a form as a browser does.
pub fn submit(sandbox: &Sandbox, path: &str, form: &str) -> Answer {
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    let length = form.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{form}",
        sandbox.address()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// Gives the code that a redirect brings.
fn code_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 302, "{answer:?}");
    let location = answer.header("location").unwrap();
    let query = location.strip_prefix(REDIRECT).and_then(|rest| rest.strip_prefix("?code=")).unwrap();
    query.strip_suffix("&state=s%20%261").unwrap().to_owned()
}

#[test]
fn a_device_waits_until_a_person_approves_it_on_the_page() {
    let sandbox = start_with(center());
    run(async {
        let client = Client::register(&sandbox).await;
        let (poll, user_code) = client.device(&sandbox).await;
        let pending = (400, "AuthorizationPendingException".to_owned(), String::new());
        let refused = |result| {
            let (status, code, _) = refusal(result);
            (status, code, String::new())
        };
        for _ in 0..3 {
            assert_eq!(refused(poll.clone().send().await), pending);
        }
        // a fourth question in the first second is one too many
        let mut hasty = Vec::new();
        for _ in 0..5 {
            hasty.push(refused(poll.clone().send().await).1);
        }
        assert!(hasty.contains(&"SlowDownException".to_owned()), "{hasty:?}");
        let page = ask(&sandbox, "GET", &format!("/device?user_code={user_code}"), &[]);
        assert!(page.status == 200 && page.body.contains(&user_code) && page.body.contains("value=\"approve\""));
        assert!(!page.body.contains("<script"));
        assert_eq!(refused(poll.clone().send().await).0, 400);
        let done = submit(&sandbox, "/device", &format!("user_code={user_code}&decision=approve"));
        assert!(done.status == 200 && done.body.contains("is signed in"), "{done:?}");
        let tokens = poll.clone().send().await.unwrap();
        assert_eq!((tokens.expires_in(), tokens.token_type()), (3600, Some("Bearer")));
        assert!(tokens.access_token.is_some() && tokens.refresh_token.is_some());
        assert_eq!(refused(poll.send().await).1, "InvalidGrantException");

        let (poll, user_code) = client.device(&sandbox).await;
        submit(&sandbox, "/device", &format!("user_code={user_code}&decision=deny"));
        assert_eq!(refused(poll.send().await).1, "AccessDeniedException");
        assert_eq!(ask(&sandbox, "GET", "/device?user_code=XXXX-XXXX", &[]).status, 400);
    });
}

#[test]
fn a_device_can_be_approved_without_anybody_denied_or_left_alone() {
    let sandbox = start_with(center().approval(Approval::AfterPolls(1)));
    let approval = |approval| sandbox.change(|world| world.identity_center(START_URL).unwrap().approval = approval);
    run(async {
        let client = Client::register(&sandbox).await;
        let (poll, _) = client.device(&sandbox).await;
        assert_eq!(refusal(poll.clone().send().await).1, "AuthorizationPendingException");
        poll.send().await.unwrap();
        approval(Approval::AtOnce);
        client.device(&sandbox).await.0.send().await.unwrap();
        approval(Approval::Denied);
        assert_eq!(refusal(client.device(&sandbox).await.0.send().await).1, "AccessDeniedException");
        approval(Approval::Never);
        let (poll, user_code) = client.device(&sandbox).await;
        assert_eq!(refusal(poll.clone().send().await).1, "AuthorizationPendingException");
        assert!(!ask(&sandbox, "GET", &format!("/device?user_code={user_code}"), &[]).body.contains("<form"));
        sandbox.set_clock_offset(jiff::SignedDuration::from_secs(601));
        assert_eq!(refusal(poll.send().await).1, "ExpiredTokenException");
    });
}

#[test]
fn a_browser_carries_a_code_that_is_good_once_and_for_its_verifier() {
    let sandbox = start_with(center());
    let verifier = "v".repeat(64);
    run(async {
        let client = Client::register(&sandbox).await;
        let path = client.authorize_path(&verifier, REDIRECT);
        let page = ask(&sandbox, "GET", &path, &[]);
        assert!(
            page.status == 200 && page.body.contains("method=\"post\"") && page.body.contains("s &amp;1"),
            "{page:?}"
        );
        let form = path.trim_start_matches("/authorize?");
        let approve = || code_of(&submit(&sandbox, "/authorize", &format!("{form}&decision=approve")));
        let redeem = |code: &str, redirect: &str, verifier: &str| {
            let token = client.token(&sandbox, "authorization_code").code(code);
            token.redirect_uri(redirect).code_verifier(verifier).send()
        };
        let code = approve();
        redeem(&code, REDIRECT, &verifier).await.unwrap();
        let refused = |result| refusal(result).1;
        assert_eq!(refused(redeem(&code, REDIRECT, &verifier).await), "InvalidGrantException");
        let code = approve();
        assert_eq!(refused(redeem(&code, REDIRECT, "wrong").await), "InvalidGrantException");
        let code = approve();
        let elsewhere = "http://127.0.0.1:1/oauth/callback";
        assert_eq!(refused(redeem(&code, elsewhere, &verifier).await), "InvalidGrantException");
        let denied = submit(&sandbox, "/authorize", &format!("{form}&decision=deny"));
        let location = denied.header("location").unwrap();
        assert!(location.starts_with(&format!("{REDIRECT}?error=access_denied&")), "{location}");
        assert!(location.ends_with("&state=s%20%261"), "{location}");
        // nobody is sent where the client didn't say that it listens
        for foreign in ["http://127.0.0.1:4711/other", "https://evil.example/oauth/callback", "http://evil.example/"] {
            let answer = ask(&sandbox, "GET", &client.authorize_path(&verifier, foreign), &[]);
            assert!(answer.status == 400 && answer.header("location").is_none(), "{answer:?}");
        }
        sandbox.change(|world| world.identity_center(START_URL).unwrap().approval = Approval::AtOnce);
        let code = code_of(&ask(&sandbox, "GET", &path, &[]));
        redeem(&code, REDIRECT, &verifier).await.unwrap();
        // a redirect that someone has tampered with
        sandbox.inject(Rule::new(Fault::value("state", "foreign")).action("Authorize"));
        let answer = ask(&sandbox, "GET", &path, &[]);
        assert!(answer.header("location").unwrap().ends_with("&state=foreign"), "{answer:?}");
    });
}

#[test]
fn refresh_tokens_are_kept_or_replaced_and_a_lost_answer_need_not_lose_the_sign_in() {
    let sandbox = start_with(center());
    run(async {
        let refresh = |signed_in: &awstok::sandbox::SignedIn, token: &str| {
            let client = Client(signed_in.client_id.clone(), signed_in.client_secret.expose().clone());
            client.token(&sandbox, "refresh_token").refresh_token(token).send()
        };
        let renewal = |renewal| {
            sandbox.change(|world| world.identity_center(START_URL).unwrap().renewal = renewal);
            sandbox.sign_in(START_URL).unwrap()
        };
        let signed_in = renewal(Renewal::Keeps);
        let first = signed_in.refresh_token.expose();
        assert_eq!(refresh(&signed_in, first).await.unwrap().refresh_token.as_ref(), Some(first));

        let signed_in = renewal(Renewal::Replaces);
        let first = signed_in.refresh_token.expose();
        sandbox.inject(Rule::new(Fault::LostAnswer).action("CreateToken").times(1));
        assert!(matches!(
            refresh(&signed_in, first).await,
            Err(SdkError::DispatchFailure(_) | SdkError::ResponseError(_))
        ));
        let second = refresh(&signed_in, first).await.unwrap().refresh_token.unwrap();
        assert_ne!(&second, first);
        refresh(&signed_in, &second).await.unwrap();
        assert_eq!(refusal(refresh(&signed_in, first).await).1, "InvalidGrantException");

        let signed_in = renewal(Renewal::ReplacesAtOnce);
        let first = signed_in.refresh_token.expose();
        let second = refresh(&signed_in, first).await.unwrap().refresh_token.unwrap();
        assert_eq!(refusal(refresh(&signed_in, first).await).1, "InvalidGrantException");
        refresh(&signed_in, &second).await.unwrap();
        // not with another client's id, nor after the end, nor once the client is unknown
        let other = sandbox.sign_in(START_URL).unwrap();
        assert_eq!(refusal(refresh(&other, &second).await).1, "InvalidGrantException");
        sandbox.change(|world| world.forget_clients());
        let (status, code, _) = refusal(refresh(&signed_in, &second).await);
        assert_eq!((status, code.as_str()), (401, "InvalidClientException"));
    });
}

#[test]
fn the_portal_lists_page_by_page_and_hands_out_credentials_that_work() {
    let mut center = center();
    center.page = 1;
    let sandbox = start_with(center.clone());
    let signed_in = sandbox.sign_in(START_URL).unwrap();
    let token = signed_in.access_token.expose();
    run(async {
        let portal = portal(&sandbox);
        let pages = portal.list_accounts().access_token(token).into_paginator().items().send();
        let accounts: Vec<_> = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
        let names: Vec<_> = accounts.iter().map(|account| account.account_name().unwrap()).collect();
        assert_eq!(names, ["books", "web"]);
        assert_eq!(accounts[0].email_address(), Some("books@example.com"));
        let pages = portal.list_account_roles().access_token(token).account_id(ACCOUNT).into_paginator().items().send();
        let roles: Vec<_> = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
        let roles: Vec<_> = roles.iter().map(|role| role.role_name().unwrap()).collect();
        assert_eq!(roles, ["Admin", "ReadOnly"]);
        assert_eq!(sandbox.calls_of("ListAccounts").len(), 2);

        let get = |account: &str, role: &str, token: &str| {
            portal.get_role_credentials().access_token(token).account_id(account).role_name(role).send()
        };
        let found = get(ACCOUNT, "Admin", token).await.unwrap().role_credentials.unwrap();
        let (key, secret) = (found.access_key_id().unwrap(), found.secret_access_key().unwrap());
        let sts = client(&sandbox, key, secret, found.session_token());
        let arn = sts.get_caller_identity().send().await.unwrap().arn.unwrap();
        let role = center.role_arn(ACCOUNT, "Admin");
        let role = role.rsplit('/').next().unwrap();
        assert_eq!(arn, format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/ann@example.com"));
        let left = found.expiration() / 1000 - jiff::Timestamp::now().as_second();
        assert!((3_500..=3_600).contains(&left), "{left}");

        assert_eq!(refusal(get("210987654321", "ReadOnly", token).await).0, 403);
        assert_eq!(refusal(get(ACCOUNT, "Admin", "wrong").await).1, "UnauthorizedException");
        sandbox.inject(Rule::new(Fault::Throttling).action("GetRoleCredentials").times(1));
        assert_eq!(refusal(get(ACCOUNT, "Admin", token).await).1, "TooManyRequestsException");
        sandbox.inject(Rule::new(Fault::value("expiration", "1000")).action("GetRoleCredentials").times(1));
        let falsified = get(ACCOUNT, "Admin", token).await.unwrap().role_credentials.unwrap();
        assert_eq!(falsified.expiration(), 1000);
        sandbox.inject(Rule::new(Fault::Refused(400, "InvalidRequestException")).action("ListAccounts").times(1));
        let refused = portal.list_accounts().access_token(token).send().await;
        assert_eq!(refusal(refused).1, "InvalidRequestException");

        portal.logout().access_token(token).send().await.unwrap();
        assert_eq!(refusal(get(ACCOUNT, "Admin", token).await).1, "UnauthorizedException");
        let token = sandbox.sign_in(START_URL).unwrap().access_token;
        sandbox.set_clock_offset(jiff::SignedDuration::from_secs(3_600));
        assert_eq!(refusal(get(ACCOUNT, "Admin", token.expose()).await).1, "UnauthorizedException");
    });
}

/// Writes a config file with an `sso-session` and a profile.
pub fn configure(home: &Home) {
    let session = format!(
        "[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = eu-central-1\nsso_registration_scopes = sso:account:access\n"
    );
    let profile = format!(
        "[profile dev]\nsso_session = corp\nsso_account_id = {ACCOUNT}\nsso_role_name = Admin\nregion = eu-central-1\n"
    );
    home.write(".aws/config", format!("{session}\n{profile}"));
}

#[test]
fn botocore_uses_a_sign_in_and_renews_it() {
    let Some(python) = python("boto3") else { return };
    let sandbox = start_with(center());
    let mut home = Home::new();
    configure(&home);
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    let signed_in = sandbox.sign_in(START_URL).unwrap();
    // ends within botocore's window of 15 minutes, so that it has to renew
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(5);
    let file = token_file("corp");
    home.write(
        &file,
        serde_json::json!({
            "startUrl": START_URL,
            "region": "eu-central-1",
            "accessToken": "dying",
            "expiresAt": awstok::clock::rfc3339(soon),
            "clientId": signed_in.client_id,
            "clientSecret": signed_in.client_secret.expose(),
            "registrationExpiresAt": awstok::clock::rfc3339(signed_in.registration_expires_at),
            "refreshToken": signed_in.refresh_token.expose(),
        })
        .to_string(),
    );
    let script = "import boto3; print(boto3.Session(profile_name='dev').client('sts').get_caller_identity()['Arn'])";
    let said = Run::of(home.other(python).args(["-c", script]).output().unwrap());
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("assumed-role/AWSReservedSSO_Admin_"), "{said:?}");
    assert_eq!(sandbox.calls_of("CreateToken").len(), 1);
    assert!(!home.read(&file).contains("dying"));
}

/// Gives the path of the AWS CLI's token file of a session.
pub fn token_file(session: &str) -> String {
    use sha1::Digest as _;
    let hex: String = sha1::Sha1::digest(session).iter().map(|byte| format!("{byte:02x}")).collect();
    format!(".aws/sso/cache/{hex}.json")
}

/// Leads an AWS CLI that knows no `AWS_ENDPOINT_URL` to the stand-in, by an endpoint rule of the home's own.
pub fn lead_the_aws_cli(home: &Home, url: &str) {
    for (service, version) in [("sso-oidc", "2019-06-10"), ("sso", "2019-06-10"), ("sts", "2011-06-15")] {
        let rules = serde_json::json!({
            "version": "1.0",
            "parameters": {
                "Region": {"builtIn": "AWS::Region", "required": false, "type": "String"},
                "UseDualStack": {"builtIn": "AWS::UseDualStack", "required": true, "default": false, "type": "Boolean"},
                "UseFIPS": {"builtIn": "AWS::UseFIPS", "required": true, "default": false, "type": "Boolean"},
                "Endpoint": {"builtIn": "SDK::Endpoint", "required": false, "type": "String"},
                "UseGlobalEndpoint": {"builtIn": "AWS::STS::UseGlobalEndpoint", "required": true, "default": false, "type": "Boolean"},
            },
            "rules": [{"conditions": [], "endpoint": {"url": url, "properties": {}, "headers": {}}, "type": "endpoint"}],
        });
        home.write(&format!(".aws/models/{service}/{version}/endpoint-rule-set-1.json"), rules.to_string());
    }
}

#[test]
fn the_aws_cli_signs_in_and_uses_it() {
    let Some(aws) = aws_cli(2) else { return };
    let sandbox = start_with(center().approval(Approval::AfterPolls(2)));
    let mut home = Home::new();
    configure(&home);
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    lead_the_aws_cli(&home, &sandbox.url());
    let aws = |arguments: &[&str]| Run::of(home.other(&aws).args(arguments).output().unwrap());
    let login = aws(&["sso", "login", "--no-browser", "--sso-session", "corp"]);
    assert!(login.code == 0 && login.out.contains(&format!("{}/device?user_code=", sandbox.url())), "{login:?}");
    let file: serde_json::Value = serde_json::from_str(&home.read(&token_file("corp"))).unwrap();
    assert!(file["refreshToken"].is_string() && file["startUrl"] == START_URL, "{file}");
    let who = aws(&["sts", "get-caller-identity", "--profile", "dev", "--query", "Arn", "--output", "text"]);
    assert!(who.code == 0 && who.out.contains("assumed-role/AWSReservedSSO_Admin_"), "{who:?}");
    let token = file["accessToken"].as_str().unwrap();
    let list = ["sso", "list-accounts", "--access-token", token, "--region", "eu-central-1", "--output", "text"];
    let accounts = aws(&[&list[..], &["--query", "accountList[].accountName"]].concat());
    assert_eq!(accounts.out, "books\tweb\n", "{accounts:?}");
    let out = aws(&["sso", "logout"]);
    assert!(out.code == 0 && sandbox.calls_of("Logout").len() == 1, "{out:?}");
    sandbox.change(|world| world.identity_center(START_URL).unwrap().approval = Approval::Denied);
    let denied = aws(&["sso", "login", "--no-browser", "--sso-session", "corp"]);
    assert!(denied.code != 0 && denied.err.contains("AccessDeniedException"), "{denied:?}");
}
