//! Completion: the committed scripts are those that the binary prints, and real shells complete names and formats with them.

use std::path::Path;

use super::Stage;
#[cfg(unix)]
use crate::tools::tool;

/// The shells, and what their scripts are called below `completions`.
const SCRIPTS: [(&str, &str); 6] = [
    ("bash", "awstok.bash"),
    ("zsh", "_awstok"),
    ("fish", "awstok.fish"),
    ("powershell", "_awstok.ps1"),
    ("elvish", "awstok.elv"),
    ("nushell", "awstok.nu"),
];

#[test]
fn the_committed_scripts_are_those_that_are_printed() {
    let home = Stage::empty().home;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, name) in SCRIPTS {
        let (file, printed) = (folder.join(name), home.ok(&["completions", shell]));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &printed).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
        assert!(committed == printed, "`{}` is out of date: UPDATE=1 cargo test completions", file.display());
    }
    let known: Vec<_> = SCRIPTS.iter().map(|(_, name)| *name).collect();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name.as_str()), "`completions/{name}` belongs to no shell");
    }
}

#[test]
fn nushells_script_knows_all_commands() {
    let text = Stage::empty().home.ok(&["completions", "nu"]);
    for command in ["token", "env", "credential-process", "switchrole-url", "sandbox"] {
        assert!(text.contains(&format!("export extern \"awstok {command}\"")), "{command}");
    }
}

/// What a shell that was asked to complete a line offers.
#[cfg(unix)]
fn offered(stage: &Stage, program: &Path, script: &str) -> Vec<String> {
    let path = format!(
        "{}:{}",
        Path::new(crate::home::AWSTOK).parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let output =
        stage.home.other(program).args(["-c", script]).env("PATH", path).env("SCRIPTS", scripts).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}");
    let mut words: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.split('\t').next().unwrap_or_default().trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    words.sort();
    words
}

const NAMES: [&str; 7] = ["audit", "bob", "ci", "mainuser", "plain", "prod", "stage"];
const FORMATS: [&str; 5] = ["dotenv", "json", "process", "shell", "yaml"];

#[cfg(unix)]
#[test]
fn bash_completes_names_and_formats() {
    let Some(bash) = tool("bash") else { return };
    let stage = Stage::new();
    let complete = |words: &[&str]| {
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let script = format!(
            "source \"$SCRIPTS/awstok.bash\"; COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9; \
             f=$(complete -p awstok | sed -E 's/.*-F ([^ ]+).*/\\1/'); $f awstok \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            quoted.join(" "),
            words.len() - 1
        );
        offered(&stage, &bash, &script)
    };
    assert_eq!(complete(&["awstok", "env", "p"]), ["plain", "prod"]);
    assert_eq!(complete(&["awstok", "env", "prod", "--format", ""]), FORMATS);
    assert_eq!(complete(&["awstok", "token", "--profile", "m"]), ["mainuser"]);
    assert_eq!(complete(&["awstok", "swi"]), ["switchrole-url"]);
    assert_eq!(complete(&["awstok", "token", "prod", "--dr"]), ["--dry-run"]);
    for name in NAMES {
        assert!(complete(&["awstok", "token", "prod", ""]).iter().any(|word| word == name), "{name}");
    }
    assert_eq!(stage.calls(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn fish_completes_names_and_formats() {
    let Some(fish) = tool("fish") else { return };
    let stage = Stage::new();
    let complete =
        |line: &str| offered(&stage, &fish, &format!("source $SCRIPTS/awstok.fish; complete --do-complete '{line}'"));
    assert_eq!(complete("awstok env p"), ["plain", "prod"]);
    assert_eq!(complete("awstok env prod --format "), FORMATS);
    assert_eq!(complete("awstok token -p m"), ["-pm", "mainuser"].map(str::to_owned)[1..]);
}

#[cfg(unix)]
#[test]
fn zsh_completes_names_and_formats() {
    let Some(zsh) = tool("zsh") else { return };
    let stage = Stage::new();
    // the function that `compdef` gets, with what it hands on to zsh written down
    let complete = |words: &[&str]| {
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let script = format!(
            "compdef() {{ f=$1 }}; _describe() {{ local -a all; all=(\"${{(@P)${{@[-1]}}}}\"); print -rl -- ${{all%%:*}} }}; \
             source \"$SCRIPTS/_awstok\"; words=({}); CURRENT={}; IFS=$' \\t\\n'; ${{f:-_awstok}}",
            quoted.join(" "),
            words.len()
        );
        offered(&stage, &zsh, &script)
    };
    assert_eq!(complete(&["awstok", "env", "p"]), ["plain", "prod"]);
    assert_eq!(complete(&["awstok", "env", "prod", "--format", ""]), FORMATS);
    // as a file of `fpath` it answers the first time already
    let script = "compdef() { true }; _describe() { print -rl -- ${(P)@[-1]} }; words=(awstok env p); CURRENT=3; \
                  fpath=(\"$SCRIPTS\" $fpath); autoload -Uz _awstok; _awstok";
    assert_eq!(offered(&stage, &zsh, script), ["plain", "prod"]);
}

#[cfg(unix)]
#[test]
fn elvish_completes_names_and_formats() {
    let Some(elvish) = tool("elvish") else { return };
    let stage = Stage::new();
    // outside a terminal there is no editor to register with: a map of that name stands in for its own
    let complete = |words: &str| {
        let script = format!(
            "use str; var editor = (ns [&completer=[&]]); \
             eval &ns=$editor (str:replace edit:completion:arg-completer completer (slurp < $E:SCRIPTS/awstok.elv)); \
             $editor[completer][awstok] {words}"
        );
        offered(&stage, &elvish, &script)
    };
    assert_eq!(complete("awstok env p"), ["plain", "prod"]);
    assert_eq!(complete("awstok env prod --format ''"), FORMATS);
}

#[test]
fn hostile_file_names_are_no_candidates() {
    let stage = Stage::new();
    if cfg!(unix) {
        for name in ["-x", "a b", "$(touch x)", "\u{1b}[2J", ".hidden", "x~"] {
            stage.home.write(&format!(".aws/aws-profiles/{name}"), "x");
        }
        assert_eq!(stage.home.ok(&["list", "--names"]), NAMES.map(|name| format!("{name}\n")).concat());
    }
}
