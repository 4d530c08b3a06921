//! What the cached path doesn't touch, counted in system calls: nothing here depends on how fast the machine is.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;

use awstok::sandbox::{Options, Role, Sandbox, User, World};

use crate::home::{AWSTOK, Home};
use crate::sandbox::metadata::{instance, on_ec2};
use crate::tools::tool;

const ARN: &str = "arn:aws:iam::210987654321:role/Admin";

/// What was handed out.
const LOG: &str = ".aws/awstok/log";

/// A home in which the session of `prod` is cached, and AWS is gone.
fn house() -> Home {
    let mut world = World::new();
    world.add_user(User::new("123456789012", "ann", "AKIAIOSFODNN7EXAMPLE", "secret")).unwrap();
    world.add_role(Role::new(ARN).trusts("arn:aws:iam::123456789012:user/ann")).unwrap();
    let sandbox = Sandbox::start(world, Options::default()).unwrap();
    let mut home = Home::new();
    home.set("AWS_ENDPOINT_URL_STS", sandbox.url());
    home.profile("ann", "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n");
    home.profile("prod", &format!("role_arn = {ARN}\nmaster_profile = ann\nregion = eu-central-1\n"));
    home.profile("other", "region = eu-central-1\n");
    home.ok(&["token", "prod"]);
    home.write(".aws/awstok/settings", "[defaults]\noutput = json\n");
    home
}

/// The system calls of one run, with the start of the process left out.
struct Trace(Vec<String>);

impl Trace {
    fn of(strace: &Path, home: &Home, args: &[&str]) -> Self {
        let file = home.path("trace");
        let mut command = home.other(strace);
        command.args(["-f", "-qq", "-o"]).arg(&file).arg(AWSTOK).args(args);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        Self(fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect())
    }

    /// The lines of calls whose name begins so, or that contain the text.
    fn count(&self, call: &str) -> usize {
        self.0.iter().filter(|line| line.split_whitespace().nth(1).is_some_and(|word| word.starts_with(call))).count()
    }

    /// The files below the home that were opened, a cache entry's name shortened.
    fn opened(&self, home: &Home) -> Vec<String> {
        let root = format!("{}/", home.path("").display().to_string().trim_end_matches('/'));
        let opens = self.0.iter().filter(|line| line.contains("open"));
        let below = opens.filter_map(|line| line.split('"').nth(1)?.strip_prefix(&root).map(str::to_owned));
        below.map(|path| if path.contains("/cache/") { ".aws/awstok/cache/…".to_owned() } else { path }).collect()
    }
}

#[test]
fn the_cached_path_starts_nothing_and_reads_only_what_it_needs() {
    let Some(strace) = tool("strace") else { return };
    let home = house();
    let session = [".aws/awstok/settings", ".aws/aws-profiles/prod", ".aws/aws-profiles/ann", ".aws/awstok/cache/…"];
    let and_log = [&session[..], &[LOG]].concat();
    let and_last = [&and_log[..], &[".aws/awstok/last"]].concat();
    let cases: [(&[&str], &[&str]); 7] = [
        (&["exec", "prod", "--", "/bin/true"], &and_last),
        (&["env", "prod", "--shell", "bash"], &and_last),
        (&["env", "prod", "--format", "json"], &and_last),
        (&["credential-process", "prod"], &and_log),
        (&["status", "prod"], &session),
        (&["status", "prod", "--json"], &session),
        (&["prompt"], &[]),
    ];
    for (args, files) in cases {
        let trace = Trace::of(&strace, &home, args);
        for call in ["clone", "fork", "vfork", "socket", "connect", "getdents", "rename", "mkdir", "flock", "fsync"] {
            assert_eq!(trace.count(call), 0, "{call} of {args:?}: {:#?}", trace.0);
        }
        assert_eq!(trace.opened(&home), files, "{args:?}");
        for heavy in ["/etc/ssl", "/etc/pki", "cert", "resolv.conf", "/dev/tty", "O_WRONLY", "O_RDWR"] {
            let odd = |line: &&String| line.contains("open") && line.contains(heavy) && !line.contains(LOG);
            assert_eq!(trace.0.iter().find(odd), None, "{heavy} of {args:?}");
        }
        // one entry of the log is one open and one write, at the end of the file
        let entries: Vec<_> = trace.0.iter().filter(|line| line.contains("\"{\\\"time\\\":")).collect();
        let opens: Vec<_> = trace.0.iter().filter(|line| line.contains(LOG)).collect();
        let expected = usize::from(files.contains(&LOG));
        assert_eq!((entries.len(), opens.len()), (expected, expected), "{args:?}: {entries:#?} {opens:#?}");
        assert!(opens.iter().all(|line| line.contains("O_WRONLY|O_CREAT|O_APPEND")), "{opens:#?}");
    }
}

#[test]
fn cached_credentials_of_the_machine_start_nothing_either() {
    let Some(strace) = tool("strace") else { return };
    let sandbox = on_ec2(instance());
    let mut home = Home::new();
    home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", sandbox.url());
    home.profile("ec2", "credential_source = Ec2InstanceMetadata\n");
    home.ok(&["token", "ec2"]);
    home.write(".aws/awstok/settings", "");
    drop(sandbox);
    let trace = Trace::of(&strace, &home, &["credential-process", "ec2"]);
    for call in ["clone", "fork", "vfork", "socket", "connect", "getdents", "rename", "flock"] {
        assert_eq!(trace.count(call), 0, "{call}: {:#?}", trace.0);
    }
    assert_eq!(trace.opened(&home), [".aws/awstok/settings", ".aws/aws-profiles/ec2", ".aws/awstok/cache/…", LOG]);
}

#[test]
fn local_time_is_one_file() {
    let Some(strace) = tool("strace") else { return };
    let mut home = house();
    home.set("TZ", "Europe/Berlin");
    let trace = Trace::of(&strace, &home, &["status", "prod"]);
    let zones: Vec<_> = trace.0.iter().filter(|line| line.contains("zoneinfo")).collect();
    assert!(zones.len() == 1 && zones[0].contains("Europe/Berlin"), "{zones:#?}");
}

#[test]
fn a_reused_session_writes_nothing() {
    let Some(strace) = tool("strace") else { return };
    let home = house();
    home.ok(&["token", "prod"]);
    let trace = Trace::of(&strace, &home, &["token", "prod"]);
    for call in ["rename", "fsync", "fdatasync", "socket", "clone"] {
        assert_eq!(trace.count(call), 0, "{call}: {:#?}", trace.0);
    }
}
