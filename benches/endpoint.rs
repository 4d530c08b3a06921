//! The local endpoint under load: `awstok serve` on one core, asked over 16 kept connections. What the server itself used of the
//! processor is the result, since the client shares the machine; resident memory is the server's after the load.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, missing_docs)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use awstok::sandbox::{Options, Role, Sandbox, User, World};

const CONNECTIONS: usize = 16;
const TIME: Duration = Duration::from_secs(3);
const ROLE: &str = "arn:aws:iam::210987654321:role/Admin";

fn main() {
    let mut world = World::new();
    world.add_user(User::new("123456789012", "ann", "AKIAIOSFODNN7EXAMPLE", "secret")).unwrap();
    world.add_role(Role::new(ROLE).trusts("arn:aws:iam::123456789012:user/ann")).unwrap();
    let sandbox = Sandbox::start(world, Options::default()).unwrap();
    let home = tempfile::tempdir().unwrap();
    let profiles = home.path().join(".aws/aws-profiles");
    std::fs::create_dir_all(&profiles).unwrap();
    let keys = "[ann]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n";
    std::fs::write(profiles.join("ann"), keys).unwrap();
    std::fs::write(profiles.join("prod"), format!("[prod]\nrole_arn = {ROLE}\nmaster_profile = ann\n")).unwrap();

    let awstok = env!("CARGO_BIN_EXE_awstok");
    // the first one fetches the session; the second finds it in the cache, as most do
    for cached in [false, true] {
        for protocol in [&[][..], &["--imds", "--allow-v1"]] {
            let mut command = on_one_core(awstok);
            command
                .args(["serve", "prod", "--json", "-q"])
                .args(protocol)
                .env_clear()
                .env("HOME", home.path())
                .env("AWS_ENDPOINT_URL", sandbox.url())
                .env("AWSTOK_NO_INPUT", "1")
                .stdin(Stdio::null())
                .stdout(Stdio::piped());
            let mut server = command.spawn().unwrap();
            let mut text = String::new();
            server.stdout.take().unwrap().read_to_string(&mut text).unwrap();
            let variables: serde_json::Value = serde_json::from_str(&text).unwrap();
            measure(server.id(), &variables, cached);
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }
}

/// Binds the server to one core where that is possible, so that the client has another.
fn on_one_core(program: &str) -> Command {
    let bound = Command::new("taskset").args(["-c", "0", "true"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if bound.is_ok_and(|status| status.success()) {
        let mut command = Command::new("taskset");
        command.args(["-c", "0", program]);
        return command;
    }
    Command::new(program)
}

fn measure(pid: u32, variables: &serde_json::Value, cached: bool) {
    let (name, url, token) = match variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"].as_str() {
        Some(url) => ("container", url.to_owned(), variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"].as_str()),
        None => {
            let url = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"].as_str().unwrap();
            ("metadata", format!("{url}/latest/meta-data/iam/security-credentials/Admin"), None)
        }
    };
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let authorization = token.map(|token| format!("Authorization: {token}\r\n")).unwrap_or_default();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\n{authorization}User-Agent: bench\r\n\r\n");
    let mut connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let stream = TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            BufReader::new(stream)
        })
        .collect();
    let before = resident(pid, "VmRSS");
    let (begun, used) = (Instant::now(), processor_time(pid));
    let mut answers = 0_u32;
    while begun.elapsed() < TIME {
        for connection in &mut connections {
            connection.get_mut().write_all(request.as_bytes()).unwrap();
        }
        for connection in &mut connections {
            read_answer(connection);
            answers += 1;
        }
    }
    let (wall, used) = (begun.elapsed().as_secs_f64(), processor_time(pid) - used);
    let how = if cached { "session from the cache" } else { "session fetched" };
    println!(
        "{name:9} {how:22} {:7.0} requests/s over {CONNECTIONS} connections, {:7.0} per second of the server's processor; \
         resident {} KB before, {} KB after, {} KB at most",
        f64::from(answers) / wall,
        f64::from(answers) / used,
        before,
        resident(pid, "VmRSS"),
        resident(pid, "VmHWM"),
    );
}

/// Reads one answer, which must be a good one.
fn read_answer(connection: &mut BufReader<TcpStream>) {
    let mut line = String::new();
    let mut length = 0;
    loop {
        let first = line.is_empty();
        line.clear();
        connection.read_line(&mut line).unwrap();
        assert!(!first || line.starts_with("HTTP/1.1 200"), "{line}");
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    assert!(length > 0);
    connection.read_exact(&mut vec![0; length]).unwrap();
}

/// Seconds of processor time, from `/proc/PID/stat`: user and system, in hundredths.
fn processor_time(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

/// A line of `/proc/PID/status`, in KB.
fn resident(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}
