//! Whole processes against each other in one run: awstok's cached paths against a C hello-world and aws-vault, a fresh `token`
//! against a hand-written blocking TLS client, editing against `cp`, listing against `cat`. Absolute times are this machine's; the ratios are the result.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs
)]

mod tls_stub;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const AWSTOK: &str = env!("CARGO_BIN_EXE_awstok");

const MAIN: &str = "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
    aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nregion = eu-central-1\n";

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "--blocking-client", address, ca] => return tls_stub::blocking_client(address, Path::new(ca)),
        [_, "--blocking-client", address, ca, folder] => {
            tls_stub::blocking_client(address, Path::new(ca));
            return write_two(&std::fs::read(ca).unwrap(), Path::new(folder));
        }
        [_, "--write-two", file, folder] => return write_two(&std::fs::read(file).unwrap(), Path::new(folder)),
        _ => {}
    }
    let bench = Bench { home: tempfile::tempdir().unwrap() };
    bench.cached();
    bench.fresh();
    bench.edit();
    bench.list();
}

/// A command under measurement, and what happens before each run without being measured.
struct Row {
    name: String,
    command: Command,
    before: Box<dyn Fn()>,
}

impl Row {
    fn new(name: &str, command: Command) -> Self {
        Self { name: name.to_owned(), command, before: Box::new(|| {}) }
    }
}

struct Bench {
    home: tempfile::TempDir,
}

impl Bench {
    fn path(&self, relative: &str) -> PathBuf {
        self.home.path().join(relative)
    }

    fn write(&self, relative: &str, text: &str) -> PathBuf {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWSTOK_NO_INPUT", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// A home with one user without MFA and one role, and a stub that answers for AWS.
    fn cached(&self) {
        self.people();
        let stub = tls_stub::Stub::start(&self.path("ca.pem"));
        let awstok = |args: &[&str]| {
            let mut command = self.command(AWSTOK, args);
            command.env("AWS_ENDPOINT_URL_STS", &stub.url).env("AWS_CA_BUNDLE", self.path("ca.pem"));
            command
        };
        must(awstok(&["token", "prod"]));
        let source = self.write("hello.c", "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n");
        let hello = self.path("hello");
        must(self.command("cc", &["-O2", "-o", hello.to_str().unwrap(), source.to_str().unwrap()]));
        let mut rows = vec![
            Row::new("C hello-world", self.command(&hello, &[])),
            Row::new("awstok env prod (cached)", awstok(&["env", "prod", "--shell", "bash"])),
            Row::new("awstok status prod (cached)", awstok(&["status", "prod"])),
            Row::new("awstok credential-process prod (cached)", awstok(&["credential-process", "prod"])),
            Row::new("awstok prompt", awstok(&["prompt"])),
        ];
        rows.extend(self.aws_vault());
        compare("cached paths", 300, &mut rows);
        #[cfg(target_os = "linux")]
        for row in &rows {
            println!("  {}: {} kB resident at most", row.name, peak_memory(&row.command));
        }
    }

    /// aws-vault with the same kind of key in its file store; it calls nobody.
    fn aws_vault(&self) -> Option<Row> {
        let vault = |args: &[&str]| {
            let mut command = self.command("aws-vault", args);
            command
                .env("AWS_VAULT_BACKEND", "file")
                .env("AWS_VAULT_FILE_PASSPHRASE", "bench")
                .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
                .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
            command
        };
        let added = vault(&["add", "--env", "bench"]).status().is_ok_and(|status| status.success());
        if !added {
            println!("aws-vault is not on the PATH: it is left out");
            return None;
        }
        let mut exec = vault(&["exec", "--json", "--no-session", "bench"]);
        exec.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        Some(Row::new("aws-vault exec --json (stored)", exec))
    }

    fn people(&self) {
        self.write(".aws/aws-profiles/main", MAIN);
        self.write(
            ".aws/aws-profiles/prod",
            "[prod]\nrole_arn = arn:aws:iam::210987654321:role/Admin\nmaster_profile = main\nregion = eu-central-1\n",
        );
    }

    fn fresh(&self) {
        let stub = tls_stub::Stub::start(&self.path("ca.pem"));
        let ca = self.path("ca.pem");
        let mut token = self.command(AWSTOK, &["token", "prod", "--force"]);
        token.env("AWS_ENDPOINT_URL_STS", &stub.url).env("AWS_CA_BUNDLE", &ca);
        let me = std::env::current_exe().unwrap();
        let client = self.command(&me, &["--blocking-client", &stub.address, ca.to_str().unwrap()]);
        let written = self.home.path().to_str().unwrap();
        let writes = self.command(&me, &["--blocking-client", &stub.address, ca.to_str().unwrap(), written]);
        compare(
            "fresh credentials over https",
            100,
            &mut [
                Row::new("blocking TLS client", client),
                Row::new("the same, and two files written as awstok must", writes),
                Row::new("awstok token prod --force", token),
            ],
        );
    }

    fn edit(&self) {
        let sections: String = (0..10_000)
            .map(|n| format!("[profile-{n}]\naws_access_key_id = AKIAIOSFODNN7{n:07}\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\naws_session_token = {}\n\n", "t".repeat(100)))
            .collect();
        let file = self.write("big/credentials", &sections);
        let copy = self.path("big/copy");
        self.write("big/config", "");
        let stub = tls_stub::Stub::start(&self.path("ca.pem"));
        let awstok = |args: &[&str]| {
            let mut command = self.command(AWSTOK, args);
            command
                .env("AWS_SHARED_CREDENTIALS_FILE", &file)
                .env("AWS_CONFIG_FILE", self.path("big/config"))
                .env("AWS_ENDPOINT_URL_STS", &stub.url)
                .env("AWS_CA_BUNDLE", self.path("ca.pem"));
            command
        };
        must(awstok(&["token", "prod"]));
        let without = sections;
        let edited = file.clone();
        let me = std::env::current_exe().unwrap();
        let writes = self.command(me, &["--write-two", file.to_str().unwrap(), self.path("big").to_str().unwrap()]);
        compare(
            "one of 10,000 sections",
            30,
            &mut [
                Row::new("cp of the file", self.command("cp", &[file.to_str().unwrap(), copy.to_str().unwrap()])),
                Row::new("old and new bytes written as awstok must", writes),
                Row {
                    before: Box::new(move || std::fs::write(&edited, &without).unwrap()),
                    ..Row::new("awstok token prod (cached, adds its section)", awstok(&["token", "prod"]))
                },
            ],
        );
    }

    fn list(&self) {
        self.write("many/main", MAIN);
        for n in 0..1_000 {
            self.write(
                &format!("many/profile-{n}"),
                &format!("[profile-{n}]\naccount_id = {n:012}\nrole_name = Admin\nmaster_profile = main\nregion = eu-central-1\n"),
            );
        }
        let folder = self.path("many");
        let files: Vec<PathBuf> = (0..1_000).map(|n| folder.join(format!("profile-{n}"))).collect();
        let files: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
        let mut list = self.command(AWSTOK, &["list"]);
        list.env("AWSTOK_PROFILES_DIR", &folder);
        let mut doctor = self.command(AWSTOK, &["doctor", "--offline", "profile-7"]);
        doctor.env("AWSTOK_PROFILES_DIR", &folder);
        compare(
            "1,000 profile files",
            50,
            &mut [
                Row::new("cat", self.command("cat", &files)),
                Row::new("awstok list", list),
                Row::new("awstok doctor --offline", doctor),
            ],
        );

        let config: String = (0..10_000).map(|n| format!("[profile profile-{n}]\nregion = eu-central-1\n\n")).collect();
        let config = self.write("wide/config", &config);
        let credentials = self.path("big/credentials");
        let both = [config.to_str().unwrap(), credentials.to_str().unwrap()];
        let mut list = self.command(AWSTOK, &["list"]);
        list.env("AWS_CONFIG_FILE", &config).env("AWS_SHARED_CREDENTIALS_FILE", &credentials);
        compare(
            "10,000 profiles in the two AWS files",
            50,
            &mut [Row::new("cat", self.command("cat", &both)), Row::new("awstok list", list)],
        );
    }
}

/// Writes a journal's copy and a file as awstok promises to, and does nothing else: new file, synced, renamed, folder synced.
fn write_two(bytes: &[u8], folder: &Path) {
    for name in ["entry", "file"] {
        let (new, path) = (folder.join(format!(".{name}.new")), folder.join(name));
        let mut file = std::fs::File::create(&new).unwrap();
        file.write_all(bytes).unwrap();
        file.sync_all().unwrap();
        std::fs::rename(new, path).unwrap();
        std::fs::File::open(folder).unwrap().sync_all().unwrap();
    }
}

/// Runs the commands in turn and prints of each the lowest tenth of its times, which what else a machine does stretches least,
/// with its ratio to the first.
fn compare(title: &str, rounds: usize, rows: &mut [Row]) {
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); rows.len()];
    for round in 0..=rounds {
        for (Row { name, command, before }, times) in rows.iter_mut().zip(&mut times) {
            before();
            let start = Instant::now();
            let status = command.status().unwrap_or_else(|error| panic!("{name}: {error}"));
            let time = start.elapsed();
            assert!(status.success(), "{name}: {status}");
            if round > 0 {
                times.push(time);
            }
        }
    }
    let lowest: Vec<Duration> = times
        .iter_mut()
        .map(|times| {
            times.sort();
            times[times.len() / 10]
        })
        .collect();
    println!("{title} (lowest tenth of {rounds}):");
    for (Row { name, .. }, time) in rows.iter().zip(&lowest) {
        let ratio = time.as_secs_f64() / lowest[0].as_secs_f64();
        println!("  {name}: {:.2} ms, {ratio:.2} x the first", time.as_secs_f64() * 1e3);
    }
}

/// Gives the most memory that one run had resident, in kB.
#[cfg(target_os = "linux")]
fn peak_memory(command: &Command) -> u64 {
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args()).env_clear();
    timed.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = timed.stdout(Stdio::null()).output();
    output
        .ok()
        .and_then(|output| String::from_utf8_lossy(&output.stderr).lines().last()?.trim().parse().ok())
        .unwrap_or(0)
}

fn must(mut command: Command) {
    let output = command.stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
