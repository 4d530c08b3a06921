//! The table of situations: what is set where, and the source that wins. `{…}` in a value is put in when the servers run.

/// One situation.
pub struct Situation {
    pub name: &'static str,
    pub env: &'static [(&'static str, &'static str)],
    pub config: &'static str,
    pub credentials: &'static str,
    pub boto: &'static str,
    /// The source that Python takes; `error` where it stops, `none` where there is nothing.
    pub python: &'static str,
}

const NONE: Situation = Situation { name: "", env: &[], config: "", credentials: "", boto: "", python: "none" };

pub const ENV_KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "s")];
const DEFAULT: &str = "[default]\naws_access_key_id = AKIACRED\naws_secret_access_key = s\n";
const PROD: &str = "[prod]\naws_access_key_id = AKIACRED\naws_secret_access_key = s\n";
const CONFIG: &str = "[default]\naws_access_key_id = AKIACONF\naws_secret_access_key = s\n";
const BOTO: &str = "[Credentials]\naws_access_key_id = AKIABOTO\naws_secret_access_key = s\n";
const BASE: &str = "[base]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n";
const ROLE: &str = "[default]\nrole_arn = {role}\nsource_profile = base\n";
const WEB: &str = "[default]\nrole_arn = {deploy}\nweb_identity_token_file = {id_token}\nrole_session_name = run-1\n";
const PROCESS: &str = "[default]\ncredential_process = {program}\n";
const SSO: &str = "[default]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\nsso_account_id = 123456789012\nsso_role_name = Admin\n";
const SSO_SESSION: &str = "[default]\nsso_session = one\nsso_account_id = 123456789012\nsso_role_name = Admin\n[sso-session one]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\n";
const WEB_ENV: [(&str, &str); 3] =
    [("AWS_ROLE_ARN", "{deploy}"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "{id_token}"), ("AWS_ROLE_SESSION_NAME", "run-1")];
const TASK: [(&str, &str); 2] =
    [("AWS_CONTAINER_CREDENTIALS_FULL_URI", "{container}"), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "{token}")];
const IMDS: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "false");

macro_rules! situations {
    ($($name:literal => $python:literal { $($field:ident : $value:expr),* $(,)? }),+ $(,)?) => {
        pub const SITUATIONS: &[Situation] = &[$(Situation { name: $name, python: $python, $($field: $value,)* ..NONE }),+];
    };
}

situations! {
    "nothing" => "none" {},
    "environment" => "environment" { env: &ENV_KEYS },
    "environment, temporary" => "environment" { env: &[ENV_KEYS[0], ENV_KEYS[1], ("AWS_SESSION_TOKEN", "t")] },
    "environment before files" => "environment" { env: &ENV_KEYS, credentials: DEFAULT, config: CONFIG },
    "environment beside AWS_PROFILE" => "environment" { env: &[ENV_KEYS[0], ENV_KEYS[1], ("AWS_PROFILE", "prod")], credentials: PROD },
    "environment before a role" => "environment" { env: &ENV_KEYS, config: ROLE, credentials: BASE },
    "environment before a container" => "environment" { env: &[ENV_KEYS[0], ENV_KEYS[1], TASK[0], TASK[1]] },
    "environment, id alone" => "error" { env: &[ENV_KEYS[0]], credentials: DEFAULT },
    "environment, secret alone" => "credentials-file" { env: &[ENV_KEYS[1]], credentials: DEFAULT },
    "environment, empty" => "credentials-file" { env: &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")], credentials: DEFAULT },
    "credentials file" => "credentials-file" { credentials: DEFAULT },
    "credentials file, named" => "credentials-file" { env: &[("AWS_PROFILE", "prod")], credentials: PROD },
    "credentials file, by the old variable" => "credentials-file" { env: &[("AWS_DEFAULT_PROFILE", "prod")], credentials: PROD },
    "credentials file before config file" => "credentials-file" { credentials: DEFAULT, config: CONFIG },
    "credentials file before a process" => "credentials-file" { credentials: DEFAULT, config: PROCESS },
    "credentials file before a container" => "credentials-file" { credentials: DEFAULT, env: &TASK },
    "credentials file, old token" => "credentials-file" { credentials: "[default]\naws_access_key_id = AKIACRED\naws_secret_access_key = s\naws_security_token = t\n" },
    "credentials file, half" => "error" { credentials: "[default]\naws_access_key_id = AKIACRED\n" },
    "credentials file, CRLF" => "credentials-file" { credentials: "[default]\r\naws_access_key_id = AKIACRED\r\naws_secret_access_key = s\r\n" },
    "credentials file, CRLF and tabs" => "credentials-file" { credentials: "[default]\r\n\taws_access_key_id\t=\tAKIACRED\r\n\taws_secret_access_key\t=\ts\r\n" },
    "config file" => "config-file" { config: CONFIG },
    "config file, named" => "config-file" { env: &[("AWS_PROFILE", "a b")], config: "[profile \"a b\"]\naws_access_key_id = AKIACONF\naws_secret_access_key = s\n" },
    "config file, default spelled out" => "config-file" { config: "[profile default]\naws_access_key_id = AKIACONF\naws_secret_access_key = s\n" },
    "process" => "config-file" { config: PROCESS },
    "process before keys of the config file" => "config-file" { config: "[default]\naws_access_key_id = AKIACONF\naws_secret_access_key = s\ncredential_process = {program}\n" },
    "process before a container" => "config-file" { config: PROCESS, env: &TASK },
    "role" => "assume-role" { config: ROLE, credentials: BASE },
    "role before keys of the same profile" => "assume-role" { config: "[default]\nrole_arn = {role}\nsource_profile = base\naws_access_key_id = AKIACONF\naws_secret_access_key = s\n", credentials: BASE },
    "role before keys of the credentials file" => "assume-role" { config: ROLE, credentials: "[default]\naws_access_key_id = AKIACRED\naws_secret_access_key = s\n[base]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n" },
    "role of a source of its own" => "assume-role" { config: "[default]\nrole_arn = {role}\nsource_profile = default\n", credentials: "[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n" },
    "role before a web identity of the environment" => "assume-role" { config: ROLE, credentials: BASE, env: &WEB_ENV },
    "role, source missing" => "error" { config: ROLE },
    "role, loop" => "error" { config: "[default]\nrole_arn = {role}\nsource_profile = b\n[profile b]\nrole_arn = {role}\nsource_profile = default\n" },
    "role, no source" => "error" { config: "[default]\nrole_arn = {role}\n" },
    "role, two sources" => "error" { config: "[default]\nrole_arn = {role}\nsource_profile = base\ncredential_source = Environment\n", credentials: BASE },
    "role of the container" => "assume-role" { config: "[default]\nrole_arn = {behind_task}\ncredential_source = EcsContainer\n", env: &TASK },
    "role of a container that isn't" => "error" { config: "[default]\nrole_arn = {role}\ncredential_source = EcsContainer\n" },
    "role of the instance" => "assume-role" { config: "[default]\nrole_arn = {behind_web}\ncredential_source = Ec2InstanceMetadata\n", env: &[IMDS] },
    "web identity of the environment" => "web-identity" { env: &WEB_ENV },
    "web identity of the profile" => "web-identity" { config: WEB },
    "web identity of the environment before files" => "web-identity" { env: &WEB_ENV, credentials: DEFAULT },
    "web identity of the profile before keys" => "web-identity" { config: WEB, credentials: DEFAULT },
    "web identity without a role" => "error" { config: "[default]\nweb_identity_token_file = {id_token}\n" },
    "Identity Center" => "sso" { config: SSO },
    "Identity Center by session" => "sso" { config: SSO_SESSION },
    "Identity Center before keys" => "sso" { config: SSO, credentials: DEFAULT },
    "Identity Center before a process" => "sso" { config: "[default]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\nsso_account_id = 123456789012\nsso_role_name = Admin\ncredential_process = {program}\n" },
    "Identity Center, half" => "error" { config: "[default]\nsso_start_url = https://x.awsapps.com/start\nsso_account_id = 123456789012\n" },
    "Identity Center, session missing" => "error" { config: "[default]\nsso_session = two\nsso_account_id = 123456789012\nsso_role_name = Admin\n" },
    "boto 2" => "boto2" { boto: BOTO },
    "boto 2 before a container" => "boto2" { boto: BOTO, env: &TASK },
    "boto 2 by a variable" => "boto2" { boto: BOTO, env: &[("BOTO_CONFIG", "{boto}")] },
    "file of the first tools" => "boto2" { env: &[("AWS_CREDENTIAL_FILE", "{old}")] },
    "file of the first tools, missing" => "error" { env: &[("AWS_CREDENTIAL_FILE", "/nonexistent")] },
    "container" => "container" { env: &TASK },
    "container before the instance" => "container" { env: &[TASK[0], TASK[1], IMDS] },
    "instance" => "instance-metadata" { env: &[IMDS] },
    "instance behind a file without keys" => "instance-metadata" { env: &[IMDS], config: "[default]\nregion = eu-central-1\n" },
    "instance, switched off" => "none" { env: &[("AWS_EC2_METADATA_DISABLED", "true")] },
    "profile that isn't there" => "error" { env: &[("AWS_PROFILE", "prod")], credentials: DEFAULT },
    "profile without its word" => "error" { env: &[("AWS_PROFILE", "prod")], config: "[prod]\naws_access_key_id = AKIACONF\naws_secret_access_key = s\n" },
    "section twice" => "error" { credentials: "[default]\naws_access_key_id = AKIACRED\naws_secret_access_key = s\n[default]\nregion = x\n" },
    "key twice" => "error" { credentials: "[default]\naws_access_key_id = AKIACRED\naws_access_key_id = AKIACRED\naws_secret_access_key = s\n" },
    "byte order mark" => "error" { credentials: "\u{feff}[default]\naws_access_key_id = AKIACRED\naws_secret_access_key = s\n" },
    "stray line" => "error" { credentials: "[default]\naws_access_key_id = AKIACRED\naws_secret_access_key = s\nstray\n" },
    "config file, quoted" => "config-file" { env: &[("AWS_PROFILE", "prod")], config: "[profile \"prod\"]\naws_access_key_id = AKIACONF\naws_secret_access_key = s\n" },
    "config file, odd name" => "config-file" { env: &[("AWS_PROFILE", "a&b")], config: "[profile a&b]\naws_access_key_id = AKIACONF\naws_secret_access_key = s\n" },
    "credentials file, odd name" => "credentials-file" { env: &[("AWS_PROFILE", "a&b")], credentials: "[a&b]\naws_access_key_id = AKIACRED\naws_secret_access_key = s\n" },
    "role, no source, own keys" => "error" { config: "[default]\nrole_arn = {role}\n", credentials: "[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n" },
    "role, no source, in a container" => "error" { config: "[default]\nrole_arn = {behind_task}\n", env: &TASK },
    "role beside a process" => "assume-role" { config: "[default]\nrole_arn = {role}\nsource_profile = base\ncredential_process = {program}\n", credentials: BASE },
    "role, source twice a role" => "assume-role" { config: "[default]\nrole_arn = {role}\nsource_profile = b\n[profile b]\nregion = x\n", credentials: "[b]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n" },
    "role, source without credentials" => "error" { config: "[default]\nrole_arn = {role}\nsource_profile = base\n[profile base]\nregion = x\n" },
    "source without a role" => "credentials-file" { config: "[default]\nsource_profile = base\n", credentials: DEFAULT },
    "web identity beside a process" => "web-identity" { config: "[default]\nrole_arn = {deploy}\nweb_identity_token_file = {id_token}\ncredential_process = {program}\n" },
    "web identity of the environment without a role" => "error" { env: &[WEB_ENV[1]], credentials: DEFAULT },
    "Identity Center without a role" => "container" { config: "[default]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\n", env: &TASK },
    "Identity Center without a role, before keys" => "credentials-file" { config: "[default]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\n", credentials: DEFAULT },
    "Identity Center by session without a role" => "container" { config: "[default]\nsso_session = one\n[sso-session one]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\n", env: &TASK },
    "Identity Center, portal differs" => "error" { config: "[default]\nsso_session = one\nsso_account_id = 123456789012\nsso_role_name = Admin\nsso_region = us-east-1\n[sso-session one]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\n" },
    "credentials file, half, the rest in the config file" => "error" { credentials: "[default]\naws_access_key_id = AKIACRED\n", config: CONFIG },
    "key swallowed" => "error" { credentials: "[default]\naws_access_key_id = AKIACRED\n  aws_secret_access_key = s\n" },
    "keys in capitals" => "credentials-file" { credentials: "[default]\nAWS_ACCESS_KEY_ID = AKIACRED\nAWS_SECRET_ACCESS_KEY = s\n" },
    "profile that isn't there, in a container" => "error" { env: &[("AWS_PROFILE", "prod"), TASK[0], TASK[1]], credentials: DEFAULT },
    "byte order mark in the config file" => "error" { config: "\u{feff}[default]\nregion = eu-central-1\n", credentials: DEFAULT },
    "stray line in the config file" => "error" { config: "[default]\nstray\n", credentials: DEFAULT },
    "lone carriage returns" => "credentials-file" { credentials: "[default]\raws_access_key_id = AKIACRED\raws_secret_access_key = s\r" },
    "bytes that aren't UTF-8" => "error" { credentials: "[default]\naws_access_key_id = AKIACRED\naws_secret_access_key = s\nregion = {junk}\n" },
    "sso_region alone" => "credentials-file" { config: "[default]\nsso_region = eu-central-1\n", credentials: DEFAULT },
    "Identity Center, portal said twice" => "sso" { config: "[default]\nsso_session = one\nsso_account_id = 123456789012\nsso_role_name = Admin\nsso_region = eu-central-1\n[sso-session one]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\n" },
    "Identity Center before the role of a profile" => "assume-role" { config: "[default]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\nsso_account_id = 123456789012\nsso_role_name = Admin\nrole_arn = {role}\nsource_profile = base\n", credentials: BASE },
    "Identity Center with a role to assume" => "error" { config: "[default]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\nsso_account_id = 123456789012\nsso_role_name = Admin\nrole_arn = {role}\n" },
    "process with a role to assume" => "error" { config: "[default]\ncredential_process = {program}\nrole_arn = {role}\n" },
    "section spread over all" => "credentials-file" { credentials: "[DEFAULT]\naws_access_key_id = AKIACRED\naws_secret_access_key = s\n[default]\n" },
}

/// What the AWS SDKs for Java (2.56.0, `DefaultCredentialsProvider`) and Go (`config` 1.33.14, `LoadDefaultConfig`) took when they were
/// run over the situations against the same servers, where one of them didn't take what Python takes.
pub const JAVA_AND_GO: &[(&str, &str, &str)] = &[
    ("environment, id alone", "credentials-file", "credentials-file"),
    ("credentials file, by the old variable", "nothing", "credentials-file"),
    ("credentials file before a process", "config-file", "credentials-file"),
    ("credentials file, CRLF and tabs", "nothing", "credentials-file"),
    ("config file, named", "nothing", "nothing"),
    ("role of a source of its own", "nothing", "assume-role"),
    ("role before a web identity of the environment", "web-identity", "web-identity"),
    ("web identity of the profile before keys", "web-identity", "assume-role"),
    ("Identity Center before keys", "sso", "credentials-file"),
    ("boto 2", "nothing", "nothing"),
    ("boto 2 before a container", "container", "container"),
    ("boto 2 by a variable", "nothing", "nothing"),
    ("file of the first tools", "nothing", "nothing"),
    ("section twice", "credentials-file", "credentials-file"),
    ("key twice", "credentials-file", "credentials-file"),
    ("stray line", "nothing", "credentials-file"),
    ("config file, quoted", "nothing", "nothing"),
    ("config file, odd name", "nothing", "config-file"),
    ("credentials file, odd name", "nothing", "credentials-file"),
    ("role, no source, own keys", "credentials-file", "assume-role"),
    ("role, no source, in a container", "container", "assume-role"),
    ("role beside a process", "assume-role", "nothing"),
    ("source without a role", "credentials-file", "nothing"),
    ("web identity beside a process", "web-identity", "nothing"),
    ("web identity of the environment without a role", "credentials-file", "nothing"),
    ("Identity Center without a role", "container", "nothing"),
    ("Identity Center without a role, before keys", "nothing", "credentials-file"),
    ("Identity Center by session without a role", "container", "sso"),
    ("credentials file, half, the rest in the config file", "credentials-file", "nothing"),
    ("key swallowed", "nothing", "credentials-file"),
    ("keys in capitals", "nothing", "credentials-file"),
    ("profile that isn't there, in a container", "container", "nothing"),
    ("byte order mark in the config file", "nothing", "credentials-file"),
    ("stray line in the config file", "nothing", "credentials-file"),
    ("lone carriage returns", "credentials-file", "nothing"),
    ("bytes that aren't UTF-8", "credentials-file", "credentials-file"),
    ("sso_region alone", "nothing", "credentials-file"),
    ("Identity Center before the role of a profile", "sso", "assume-role"),
    ("Identity Center with a role to assume", "sso", "assume-role"),
    ("process with a role to assume", "config-file", "assume-role"),
    ("section spread over all", "nothing", "nothing"),
];
