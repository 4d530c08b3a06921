//! The word before a prompt, on terminals: said once, in time, with the status of the last command kept and nothing started.

use super::Stage;
use crate::home::Terminal;
use crate::tools::{rare_tool, tool};

/// What the shell says of `short`, which has 8 min at most.
const SOON: &str = "awstok: the credentials in this shell expire in 8 min; `awsuse short` renews them";
const OVER: &str = "awstok: the credentials in this shell have expired; `awsuse brief` renews them";

/// How a shell is told what the test is about.
struct Words {
    args: &'static [&'static str],
    /// Makes the prompt show the status of the last command as `[1]>` where the shell can.
    prompt: &'static str,
    init: &'static str,
    /// A command that fails.
    fail: &'static str,
    /// What the prompt is then.
    failed: &'static str,
    /// Ends a line.
    enter: &'static str,
}

const BASH: Words = Words {
    args: &["--norc", "--noprofile", "-i"],
    prompt: "PS1='[$?]> '",
    init: "eval \"$(awstok init bash)\"",
    fail: "false",
    failed: "[1]> ",
    enter: "\r",
};

const ZSH: Words = Words {
    args: &["-f", "-i"],
    prompt: "setopt promptsubst nopromptcr nopromptsp; PS1='[$?]> '; unsetopt zle",
    init: "eval \"$(awstok init zsh)\"",
    fail: "false",
    failed: "[1]> ",
    enter: "\n",
};

const FISH: Words = Words {
    args: &["--no-config", "-i"],
    prompt: "function fish_prompt; echo -n [$status]'> '; end",
    init: "awstok init fish | source",
    fail: "false",
    failed: "[1]> ",
    enter: "\r",
};

const ELVISH: Words = Words {
    args: &["-norc"],
    prompt: "set edit:prompt = { put '[1]> ' }",
    init: "eval (awstok init elvish | slurp)",
    fail: "nop",
    failed: "[1]> ",
    enter: "\r",
};

fn line(terminal: &mut Terminal, words: &Words, line: &str) {
    terminal.send(&format!("{line}{}", words.enter));
}

/// Tells how often a text stands in a transcript.
fn count(transcript: &str, text: &str) -> usize {
    // shells may draw a line again, and wrap it
    transcript.replace(['\r', '\n'], "").matches(text).count()
}

fn says_once(stage: &Stage, program: &str, words: &Words) {
    let mut terminal = stage.terminal(program, words.args);
    line(&mut terminal, words, words.prompt);
    terminal.expect("]> ");
    line(&mut terminal, words, words.init);
    // an hour is nothing to speak of
    line(&mut terminal, words, "awsuse prod");
    line(&mut terminal, words, "echo now-'it'-is-long");
    terminal.expect("now-it-is-long");
    line(&mut terminal, words, &format!("awsuse short; {}", words.fail));
    terminal.expect(SOON);
    terminal.expect(words.failed);
    // once is enough, also for the same credentials anew
    line(&mut terminal, words, "awsuse short");
    line(&mut terminal, words, "echo still-'it'-is-short");
    terminal.expect("still-it-is-short");
    stage.hurry();
    line(&mut terminal, words, "awsuse brief; sleep 9");
    terminal.expect(OVER);
    line(&mut terminal, words, "awsuse --unset");
    line(&mut terminal, words, "echo all-'is'-gone");
    terminal.expect("all-is-gone");
    line(&mut terminal, words, "exit");
    let (_, transcript) = terminal.transcript();
    assert_eq!((count(&transcript, "expire in"), count(&transcript, "have expired")), (1, 1), "{transcript}");
}

#[test]
fn bash_says_it_once() {
    let Some(bash) = tool("bash") else { return };
    says_once(&Stage::new(), bash.to_str().unwrap(), &BASH);
}

#[test]
fn zsh_says_it_once() {
    let Some(zsh) = tool("zsh") else { return };
    says_once(&Stage::new(), zsh.to_str().unwrap(), &ZSH);
}

#[test]
fn fish_says_it_once() {
    let Some(fish) = tool("fish") else { return };
    says_once(&Stage::new(), fish.to_str().unwrap(), &FISH);
}

#[test]
fn elvish_says_it_once() {
    let Some(elvish) = tool("elvish") else { return };
    says_once(&Stage::new(), elvish.to_str().unwrap(), &ELVISH);
}

#[test]
fn nu_says_it_once() {
    let Some(nu) = rare_tool("nu") else { return };
    let stage = Stage::new();
    stage.home.write("here/init.nu", stage.script("nu"));
    let script = "source init.nu; awsuse short; __awstok_hook; __awstok_hook; awsuse short; __awstok_hook; awsuse brief; sleep 9sec; __awstok_hook; __awstok_hook";
    stage.hurry();
    let output = stage.command(&nu, &["-n"], script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("{SOON}\n{OVER}\n"));
}

/// A shell that ends at the first failure goes on where the last command's was forgiven.
#[test]
fn errexit_is_survived() {
    let Some(bash) = tool("bash") else { return };
    let stage = Stage::new();
    let mut terminal = stage.terminal(bash.to_str().unwrap(), BASH.args);
    line(&mut terminal, &BASH, "PS1='> '; set -euC; eval \"$(awstok init bash)\"; ! true");
    line(&mut terminal, &BASH, "awsuse short; ! true");
    terminal.expect(SOON);
    line(&mut terminal, &BASH, "echo 'it'-goes-on");
    terminal.expect("it-goes-on");
    line(&mut terminal, &BASH, "exit 0");
    assert_eq!(terminal.end().0, 0);
}

/// Ten more prompts start no more programs.
#[cfg(target_os = "linux")]
#[test]
fn a_prompt_starts_nothing() {
    let Some(strace) = tool("strace") else { return };
    for (program, words) in [("bash", &BASH), ("zsh", &ZSH), ("fish", &FISH)] {
        let Some(program) = tool(program) else { continue };
        let stage = Stage::new();
        let started = |prompts: usize| {
            let trace = stage.home.path(format!("trace-{prompts}"));
            let shell = program.to_str().unwrap();
            let options = ["-f", "-qq", "-e", "trace=execve", "-o", trace.to_str().unwrap(), shell];
            let mut terminal = stage.terminal(strace.to_str().unwrap(), &[&options, words.args].concat());
            line(&mut terminal, words, words.prompt);
            terminal.expect("]> ");
            line(&mut terminal, words, words.init);
            line(&mut terminal, words, "awsuse prod");
            for nth in 0..prompts {
                line(&mut terminal, words, &format!("echo is-'{nth}'-there"));
                terminal.expect(&format!("is-{nth}-there"));
            }
            line(&mut terminal, words, "exit");
            terminal.end();
            let trace = std::fs::read_to_string(trace).unwrap();
            trace.lines().filter(|line| line.contains("execve(")).count()
        };
        assert_eq!(started(1), started(11), "{program:?}");
    }
}

#[test]
fn zsh_completes_profiles_on_its_line() {
    let Some(zsh) = tool("zsh") else { return };
    let stage = Stage::new();
    let mut terminal = stage.terminal(zsh.to_str().unwrap(), &["-f", "-i"]);
    terminal.send("PS1='> '; autoload -Uz compinit; compinit -u -D; eval \"$(awstok init zsh)\"; echo 'set'-up\r");
    terminal.expect("set-up");
    terminal.send("awsuse pr\t && echo \"got-$AWSTOK_PROFILE\"\r");
    terminal.expect("got-prod");
    terminal.send("exit\r");
    terminal.end();
}
