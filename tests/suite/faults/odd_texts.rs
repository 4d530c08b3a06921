//! The odd files of the field: foreign bytes stay through `token` and `clear`, and botocore reads exactly our values.

use std::fs;

use super::{NONE, Stage, left_overs};
use crate::tools::python;

fn corpus() -> Vec<(&'static str, Vec<u8>)> {
    let mut many = String::new();
    for number in 0..10_000 {
        many.push_str(&format!("[section-{number}]\naws_access_key_id = AKIA{number}\n# {number}\n\n"));
    }
    let texts: [(&str, &[u8]); 22] = [
        ("empty", b""),
        ("a blank line", b"\n"),
        ("comments only", b"# one\n; two\n"),
        ("crlf", b"[a]\r\nkey = value\r\n\r\n[b]\r\nk=v\r\n"),
        ("crlf without a final line ending", b"[a]\r\nkey = value"),
        ("mixed endings", b"[a]\r\nkey = value\n[b]\nk=v\r\n# c\n"),
        ("lone carriage returns", b"[a]\nkey = one\rtwo\nk = v\r\r\n"),
        ("byte order mark", b"\xef\xbb\xbf[a]\nkey = value\n"),
        ("no final line ending", b"[a]\nkey = value"),
        ("blank lines at the end", b"[a]\nkey = value\n\n\n\n"),
        ("white space at the end", b"[a]\nkey = value\n  \n\t\n"),
        ("nested", b"[a]\ns3 =\n  max = 1\n\n  # deep\n  min = 2\nkey = v\n"),
        ("duplicate sections", b"[a]\nkey = 1\n[b]\nk = v\n[a]\nkey = 2\n"),
        ("duplicate keys", b"[a]\nkey = 1\nkey = 2\n"),
        ("headers with comments", b"[a] # one\nkey = v\n[b]  ; two\nk = v\n"),
        ("odd white space", b"\t[a]\n key=v\n\n[ b ]\n\tk\t=\tv\t\n"),
        ("stray lines", b"[a]\nno equals sign\nkey = v\n"),
        ("bytes that aren't UTF-8", b"[a]\nkey = \xff\xfe\x80\n# \xc3\n"),
        ("control characters", b"[a]\nkey = \x1b[31m\x07\x0b\x0c\n"),
        ("quotes and backslashes", b"[a]\nprocess = \"C:\\tools\\x.exe\" --a \\\nk = 'v\n"),
        ("other people's names", "[прод]\nk = ü\n[a b]\nk = v\n[\u{1f511}]\nk = v\n".as_bytes()),
        ("no space around anything", b"[a]\nk=v\n[b]\nk=v\n[c]\n"),
    ];
    let mut all: Vec<(&str, Vec<u8>)> = texts.iter().map(|(name, text)| (*name, text.to_vec())).collect();
    all.push(("10,000 sections", many.into_bytes()));
    all.push(("a long line", [b"[a]\nkey = ".as_slice(), &[b'x'; 200_000], b"\n"].concat()));
    all
}

const SCRIPT: &str = r#"
import json, os, sys
import botocore.configloader, botocore.session
found = {}
for home in sys.argv[1:]:
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = home + "/.aws/credentials"
    os.environ["AWS_CONFIG_FILE"] = home + "/.aws/config"
    try:
        botocore.configloader.raw_config_parse(home + "/original")
    except Exception as error:
        found[home] = "unreadable before"
        continue
    try:
        session = botocore.session.Session(profile="role")
        read = session.get_credentials().get_frozen_credentials()
        found[home] = [read.access_key, read.secret_key, read.token, session.get_config_variable("region")]
    except Exception as error:
        found[home] = type(error).__name__
json.dump(found, sys.stdout)
"#;

#[test]
fn foreign_bytes_stay_and_botocore_reads_our_values() {
    let mut stages = Vec::new();
    for (name, text) in corpus() {
        let stage = Stage::outdated();
        let file = stage.home.path(".aws/credentials");
        fs::write(&file, &text).unwrap();
        fs::write(stage.home.path("original"), &text).unwrap();
        stage.home.ok(&["token", "role"]);
        let with = fs::read(&file).unwrap();
        assert!(with.starts_with(&text), "{name}: {}", String::from_utf8_lossy(&with[..with.len().min(400)]));
        stage.home.ok(&["token", "role", "--force"]);
        let again = fs::read(&file).unwrap();
        assert!(
            again.starts_with(&text) && again != with,
            "{name}: {}",
            String::from_utf8_lossy(&again[..again.len().min(400)])
        );
        assert_eq!(left_overs(&stage.home), NONE, "{name}");
        stages.push((name, text, stage));
    }
    if let Some(python) = python("botocore") {
        let homes: Vec<String> = stages.iter().map(|(_, _, stage)| stage.home.path("").display().to_string()).collect();
        let homes: Vec<&str> = homes.iter().map(|home| home.trim_end_matches('/')).collect();
        let output = std::process::Command::new(python)
            .args(["-c", SCRIPT])
            .args(&homes)
            .env_clear()
            .envs([("HOME", "/nonexistent"), ("PYTHONUTF8", "1")])
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut unreadable = Vec::new();
        for ((name, _, stage), home) in stages.iter().zip(homes) {
            let env: serde_json::Value =
                serde_json::from_str(&stage.home.ok(&["env", "role", "--format", "json"])).unwrap();
            let ours = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"]
                .map(|key| env[key].clone());
            let read = &found[home];
            if *read == "unreadable before" {
                unreadable.push(*name);
                continue;
            }
            assert_eq!(*read, serde_json::Value::from(ours.to_vec()), "{name}");
        }
        let known = [
            "lone carriage returns",
            "byte order mark",
            "duplicate sections",
            "duplicate keys",
            "stray lines",
            "bytes that aren't UTF-8",
        ];
        assert_eq!(unreadable, known, "what botocore can't read, with or without our section");
    }
    for (name, text, stage) in stages {
        stage.home.ok(&["clear", "role"]);
        let after = fs::read(stage.home.path(".aws/credentials")).unwrap();
        assert_eq!(String::from_utf8_lossy(&after), String::from_utf8_lossy(&text), "{name}");
        assert_eq!(after, text, "{name}");
    }
}

/// The same texts in the config file: everything foreign stays in front of what is generated.
#[test]
fn the_config_files_foreign_bytes_stay() {
    let stage = Stage::outdated();
    for (name, text) in corpus() {
        stage.outdate();
        let file = stage.home.path(".aws/config");
        fs::write(&file, &text).unwrap();
        stage.home.ok(&["sync"]);
        let after = fs::read(&file).unwrap();
        assert!(after.starts_with(&text), "{name}: {}", String::from_utf8_lossy(&after[..after.len().min(400)]));
        stage.home.ok(&["sync"]);
        assert_eq!(fs::read(&file).unwrap(), after, "{name}: the second run changes nothing");
    }
}

/// What no SDK reads the same is refused, in either file, by file and line, and stays as it is.
#[test]
fn what_cant_be_read_is_refused_by_line() {
    let stage = Stage::outdated();
    let texts: [(&[u8], usize); 4] = [
        (b"stray\n[a]\nk = v\n", 1),
        (b"k = v\n[a]\nk = v\n", 1),
        (b"[a]\n= no key\n", 2),
        (b"[a]\nk = v\n\n[b\nk = v\n", 4),
    ];
    for name in ["credentials", "config"] {
        for (text, line) in texts {
            stage.outdate();
            let file = stage.home.path(format!(".aws/{name}"));
            fs::write(&file, text).unwrap();
            let err = stage.home.fails(3, &["token", "role"]);
            assert!(err.contains(&format!("`{}:{line}`", file.display())), "line {line}: {err}");
            assert_eq!(fs::read(&file).unwrap(), text);
            let (other, old) =
                if name == "config" { ("credentials", super::OLD[0]) } else { ("config", super::OLD[1]) };
            assert_eq!(stage.home.read(&format!(".aws/{other}")), old);
        }
    }
}
