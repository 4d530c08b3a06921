//! The real shells evaluate what `export` renders: the bytes that a child then sees are the bytes that went in.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use awstok::export::{Shell, Variables};

use crate::tools::{python, rare_tool, tool};

/// What a token, a region or a profile's name could hold to lead a shell astray; `PROOF` stands for a file that only
/// a run value would make.
const HOSTILE: [&str; 40] = [
    "",
    "plain/Base64+text==",
    " ",
    "  two  blanks  ",
    "\t",
    "\n",
    "\n\nlines\n\n",
    "cr\r\nlf",
    "it's",
    "'",
    "''",
    "\"quoted\"",
    "\"",
    "\\",
    "\\\\",
    "trailing\\",
    "\\n\\t\\0101\\x41\\u0041",
    "$HOME ${HOME} $1 $$",
    "$(touch PROOF)",
    "`touch PROOF`",
    "'; touch PROOF; '",
    "\"; touch PROOF; \"",
    "'; touch PROOF #",
    "(touch PROOF)",
    "| touch PROOF & touch PROOF",
    "> PROOF",
    "\n touch PROOF\n",
    "!! !1 !touch \\!x",
    "%PATH% %s %d %%",
    "* ? [a-z] {a,b} ~ ~root",
    "-n",
    "-e -- --help",
    "#comment",
    "a=b;c&d|e<f>g^h",
    "üñî 漢字 \u{1f600}",
    "\u{202e}bidi\u{2066}",
    "\u{a0}\u{2028}\u{3000}\u{85}",
    "\u{1}\u{1b}[2J\u{7f}",
    "‘typographic’ “quotes” ‚ „",
    "@(1+1) $[1+1] @{1} $env:PATH (1 + 1)",
];

struct Trial {
    folder: tempfile::TempDir,
    shell: Shell,
}

impl Trial {
    fn new(shell: Shell) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // bait for wildcards
        for name in ["a", "b", "export", "setenv", "AWS_PROFILE=x;"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        Self { folder, shell }
    }

    /// Evaluates the rendered file `out` by `script` and gives the environment of a child.
    fn environment(&self, program: &Path, script: &str, flags: &[&str], variables: &Variables) -> Environ {
        let folder = self.folder.path();
        std::fs::write(folder.join("out"), self.shell.render(variables).unwrap()).unwrap();
        let output = Command::new(program)
            .args(flags)
            .args(["-c", script])
            .current_dir(folder)
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C.UTF-8"), ("TERM", "dumb"), ("KEPT", "yes")])
            .envs([("HOME", folder), ("XDG_CONFIG_HOME", folder), ("XDG_DATA_HOME", folder)])
            .envs(Variables::unset_all().iter().map(|variable| (variable.name(), "stale")))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program:?} {flags:?} {script}: {said}");
        assert!(!folder.join("PROOF").exists(), "{program:?} {script} ran a value");
        let pairs = output.stdout.split(|byte| *byte == 0).filter_map(|entry| {
            let at = entry.iter().position(|byte| *byte == b'=')?;
            Some((entry[..at].to_vec(), entry[at + 1..].to_vec()))
        });
        let environ: Environ = pairs.collect();
        assert_eq!(environ.get(&b"KEPT"[..]).map(Vec::as_slice), Some(&b"yes"[..]), "{program:?} {script}: {said}");
        environ
    }

    fn holds(&self, program: &str, flags: &[&str], script: &str) {
        if let Some(program) = tool(program) {
            self.holds_in(&program, flags, script);
        }
    }

    fn holds_in(&self, program: &Path, flags: &[&str], script: &str) {
        let values = values();
        let mut variables = Variables::default();
        for (name, value) in &values {
            variables.set(name, value).unwrap();
        }
        let environ = self.environment(program, script, flags, &variables);
        for (name, value) in &values {
            let seen = environ.get(name.as_bytes());
            // PowerShell takes an empty value as the wish to remove the variable
            let removed = self.shell == Shell::Powershell && value.is_empty() && seen.is_none();
            assert!(
                removed || seen.is_some_and(|seen| seen == value.as_bytes()),
                "{program:?} {flags:?} {script}: {value:?} became {:?}",
                seen.map(|seen| String::from_utf8_lossy(seen))
            );
        }
        let unset = Variables::unset_all();
        let environ = self.environment(program, script, flags, &unset);
        let left: Vec<_> =
            unset.iter().filter(|v| environ.contains_key(v.name().as_bytes())).map(|v| v.name()).collect();
        assert!(left.is_empty(), "{program:?} {script} left {left:?}");
        // unsetting what is not set is no error either
        let twice = format!("{script}; {script}");
        self.environment(program, &twice, flags, &unset);
    }
}

type Environ = BTreeMap<Vec<u8>, Vec<u8>>;

/// The hostile values, each byte of ASCII alone and in company, and random mixtures.
fn values() -> Vec<(&'static str, String)> {
    let mut values: Vec<String> = HOSTILE.iter().map(ToString::to_string).collect();
    values.extend((1..=0x7f_u8).map(|byte| format!("a{0}{0}b{0}", char::from(byte))));
    let alphabet: Vec<char> = "'\"\\$`!*?[]{}()<>|&;#~^%= \t\n\r\u{1b}aZ0-é漢😀".chars().collect();
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    values.extend((0..100).map(|_| {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap()
        };
        (0..next() % 24).map(|_| alphabet[next() % alphabet.len()]).collect()
    }));
    values.into_iter().enumerate().map(|(n, value)| (&*Box::leak(format!("V{n}").into_boxed_str()), value)).collect()
}

const CHILD: &str = "/usr/bin/env -0";

fn both_evals(shell: Shell, program: &str, flags: &[&str]) {
    for eval in ["eval $(cat out)", "eval \"$(cat out)\""] {
        Trial::new(shell).holds(program, flags, &format!("{eval} && {CHILD}"));
    }
}

#[test]
fn bash_sees_the_same_bytes() {
    both_evals(Shell::Bash, "bash", &[]);
    both_evals(Shell::Bash, "bash", &["-O", "nullglob", "-O", "extglob"]);
    both_evals(Shell::Bash, "bash", &["-O", "failglob"]);
}

#[test]
fn zsh_sees_the_same_bytes() {
    both_evals(Shell::Zsh, "zsh", &["-f"]);
    both_evals(Shell::Zsh, "zsh", &["-f", "-o", "shwordsplit", "-o", "globsubst", "-o", "extendedglob"]);
}

#[test]
fn posix_shells_see_the_same_bytes() {
    both_evals(Shell::Sh, "dash", &[]);
    both_evals(Shell::Sh, "ksh", &[]);
    both_evals(Shell::Sh, "mksh", &[]);
    both_evals(Shell::Sh, "busybox", &["sh"]);
    both_evals(Shell::Sh, "bash", &["--posix"]);
    both_evals(Shell::Sh, "zsh", &["--emulate", "sh", "-f"]);
}

#[test]
fn fish_sees_the_same_bytes() {
    for eval in ["eval (cat out)", "eval $(cat out)", "eval \"$(cat out)\"", "cat out | source"] {
        Trial::new(Shell::Fish).holds("fish", &["--no-config"], &format!("{eval} && {CHILD}"));
    }
}

#[test]
fn tcsh_sees_the_same_bytes() {
    for eval in ["eval `cat out`", "eval \"`cat out`\"", "source out"] {
        Trial::new(Shell::Tcsh).holds("tcsh", &["-f"], &format!("{eval}; {CHILD}"));
    }
}

#[test]
fn elvish_sees_the_same_bytes() {
    Trial::new(Shell::Elvish).holds("elvish", &["-norc"], &format!("eval (cat out | slurp); {CHILD}"));
}

#[test]
fn nu_sees_the_same_bytes() {
    if let Some(nu) = rare_tool("nu") {
        Trial::new(Shell::Nu).holds_in(&nu, &["-n"], &format!("source out; ^{CHILD}"));
    }
}

#[test]
fn xonsh_sees_the_same_bytes() {
    if let Some(xonsh) = rare_tool("xonsh") {
        Trial::new(Shell::Xonsh).holds_in(&xonsh, &["--no-rc"], &format!("execx($(cat out)); {CHILD}"));
    }
}

#[test]
fn powershell_sees_the_same_bytes() {
    if let Some(pwsh) = rare_tool("pwsh") {
        for eval in ["cat out | Invoke-Expression", "cat out | Out-String | Invoke-Expression"] {
            Trial::new(Shell::Powershell).holds_in(&pwsh, &["-NoProfile"], &format!("{eval}; {CHILD}"));
        }
    }
}

/// Lets Python print `{name: value}` of the file `out` as JSON, and gives the values.
fn python_reads(interpreter: &Path, program: &str, text: &str) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("out"), text).unwrap();
    let output = Command::new(interpreter)
        .args([OsStr::new("-c"), OsStr::from_bytes(program.as_bytes())])
        .current_dir(folder.path())
        .env("PYTHONUTF8", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn python_reads_the_same_yaml() {
    let Some(interpreter) = python("yaml") else { return };
    let mut variables = Variables::default();
    for (name, value) in values() {
        variables.set(name, &value).unwrap();
    }
    let text = awstok::export::yaml(&variables);
    let read = python_reads(&interpreter, "import json, yaml; print(json.dumps(yaml.safe_load(open('out'))))", &text);
    for (name, value) in variables.to_set() {
        assert_eq!(read[name], value);
    }
}

#[test]
fn python_reads_the_same_dotenv() {
    let Some(interpreter) = python("dotenv") else { return };
    let mut text = String::new();
    let mut written = Vec::new();
    for (name, value) in values() {
        let mut variable = Variables::default();
        variable.set(name, &value).unwrap();
        if let Ok(line) = awstok::export::dotenv(&variable) {
            text.push_str(&line);
            written.push((name, value));
        }
    }
    assert!(written.len() > 150, "only {} values could be written", written.len());
    let read = python_reads(&interpreter, "import json, dotenv; print(json.dumps(dotenv.dotenv_values('out')))", &text);
    for (name, value) in written {
        assert_eq!(read[name], value);
    }
}
