//! What the endpoint's process gives away to others: nothing, to the same user neither.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use super::{Served, kill};
use crate::commands::{Stage, json};
use crate::home::AWSTOK;
use crate::tools::{rare_tool, say_skipped, tool};

const NOBODY: &str = "65534";

/// A program as a user without rights: of another than root, the tests' own.
pub fn as_user(program: &str) -> Option<Command> {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id.trim_ascii() != b"0" {
        return Some(Command::new(program));
    }
    let mut command = Command::new(tool("setpriv")?);
    command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", program]);
    Some(command)
}

/// Puts the program into the home, and gives the home to that user.
pub fn give_home(stage: &Stage) -> std::path::PathBuf {
    // where the tests' binary lies, others may not go
    let program = stage.home.path("awstok");
    std::fs::copy(AWSTOK, &program).unwrap();
    let owned = as_user("true").unwrap().get_program() != "true";
    if owned {
        let changed = Command::new("chown").args(["-R", NOBODY]).arg(stage.home.path("")).status().unwrap();
        assert!(changed.success());
    }
    program
}

/// Serves as that user, from a home of its own.
fn serve(stage: &Stage) -> Option<Served> {
    stage.run(&["token", "prod"]);
    let program = give_home(stage);
    let mut command = as_user("sh")?;
    command
        .args(["-c", "ulimit -c unlimited; exec \"$0\" serve prod --json"])
        .arg(&program)
        .env_clear()
        .envs(stage.home.environment())
        .current_dir(stage.home.path(""))
        .stdin(Stdio::null());
    Some(Served::of(&mut command))
}

#[test]
fn the_same_user_can_neither_read_nor_trace_it_and_another_gets_nothing_without_the_token() {
    let stage = Stage::new();
    let Some(served) = serve(&stage) else { return };
    let document = json(&served.credentials().body);
    let secrets = ["SecretAccessKey", "Token"].map(|name| document[name].as_str().unwrap().to_owned());
    let proc = format!("/proc/{}", served.pid());
    for file in ["mem", "environ", "maps", "auxv"] {
        let mut read = as_user("head").unwrap();
        let run = read.args(["-c", "1", &format!("{proc}/{file}")]).output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(!run.status.success() && said.contains("Permission denied"), "{file}: {run:?}");
    }
    // a process that has nothing to hide can be read, or the above proves nothing
    let mut open = as_user("sh").unwrap().args(["-c", "exec sleep 60"]).spawn().unwrap();
    let mut read = as_user("head").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    let run = read.args(["-c", "1", &format!("/proc/{}/maps", open.id())]).output().unwrap();
    open.kill().unwrap();
    open.wait().unwrap();
    assert!(run.status.success(), "{run:?}");

    if let Some(gdb) = rare_tool("gdb") {
        let mut trace = as_user(gdb.to_str().unwrap()).unwrap();
        let run =
            trace.args(["-p", &served.pid().to_string(), "-batch", "-nx", "-ex", "info registers"]).output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr).into_owned() + &String::from_utf8_lossy(&run.stdout);
        assert!(said.contains("Operation not permitted") && !said.contains("rip "), "{said}");
    }
    for file in ["cmdline", "environ"] {
        let bytes = std::fs::read(format!("{proc}/{file}")).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(served.token()) && secrets.iter().all(|secret| !text.contains(secret)), "{file}");
    }
    if let Some(curl) = tool("curl") {
        let mut ask = as_user(curl.to_str().unwrap()).unwrap();
        let run = ask.args(["-s", &format!("http://{}/credentials", served.address)]).output().unwrap();
        let body = String::from_utf8_lossy(&run.stdout).into_owned();
        assert_eq!(json(&body)["code"], "Unauthorized");
        assert!(secrets.iter().all(|secret| !body.contains(secret)));
    }
    assert_eq!(served.end("TERM").code, 0);
}

#[test]
fn instance_metadata_answers_this_user_and_root_and_nobody_else() {
    let (Some(curl), true) = (tool("curl"), as_user("true").is_some_and(|command| command.get_program() != "true"))
    else {
        return say_skipped("only root can be another user");
    };
    let stage = Stage::new();
    // root serves, and another user asks
    let served = Served::start(&stage, &["--imds", "--allow-v1"]);
    let url = format!("http://{}/latest/meta-data/iam/security-credentials/Admin", served.address);
    let ask = |mut command: Command| {
        let run = command.args(["-s", &url]).output().unwrap();
        String::from_utf8_lossy(&run.stdout).into_owned()
    };
    let refused = ask(as_user(curl.to_str().unwrap()).unwrap());
    assert_eq!(json(&refused)["message"], "only programs of the user who serves these credentials are answered");
    assert_eq!(json(&ask(Command::new(&curl)))["Code"], "Success");
}

#[test]
fn it_leaves_no_core_behind() {
    let stage = Stage::new();
    let mut control = as_user("sh").unwrap();
    control.args(["-c", "ulimit -c unlimited; kill -SEGV $$"]).current_dir(stage.home.path("")).stderr(Stdio::null());
    std::fs::set_permissions(stage.home.path(""), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    if !control.status().unwrap().core_dumped() {
        say_skipped("this system dumps no cores");
    }
    let cores = || -> Vec<String> {
        let names = std::fs::read_dir(stage.home.path("")).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter_map(|name| name.into_string().ok()).filter(|name| name.contains("core")).collect()
    };
    for name in cores() {
        std::fs::remove_file(stage.home.path(name)).unwrap();
    }
    let Some(mut served) = serve(&stage) else { return };
    // the first one is taken for an overflow of the stack, and the second as it is
    kill(served.pid(), "SEGV");
    std::thread::sleep(std::time::Duration::from_millis(100));
    let _ = Command::new("kill").args(["-SEGV", &served.pid().to_string()]).stderr(Stdio::null()).status();
    let status = served.child.wait().unwrap();
    assert_eq!(status.signal(), Some(11), "{status:?}");
    assert!(!status.core_dumped());
    assert_eq!(cores(), [] as [&str; 0]);
}
