//! `init`: `awsuse` in the shells themselves, in scripts and on terminals, whatever options, names and folders they meet.

mod hooks;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use awstok::export::Variables;
use awstok::sandbox::{Fault, Options, Role, Rule, Sandbox, User, World};

use crate::home::{AWSTOK, Home, Run, Terminal};
use crate::tools::{rare_tool, tool};

/// No profile can be called so.
const ODD: &str = "$(touch${IFS}PROOF)'\"`;&";
/// One can be called so.
const ALLOWED: &str = "a+b@c.d_e-f";

/// A home with `awstok` on the `PATH`: `prod` for an hour, `short` for 8 min, `ci` without an end, and a name that bites.
/// The folder in which shells run is full of what must not be run or read.
struct Stage {
    home: Home,
    sandbox: Sandbox,
}

impl Stage {
    fn new() -> Self {
        let mut world = World::new();
        world.add_user(User::new("123456789012", "ann", "AKIAIOSFODNN7EXAMPLE", "secret")).unwrap();
        let arn = |name: &str| format!("arn:aws:iam::210987654321:role/{name}");
        for name in ["prod", "short", "brief"] {
            world.add_role(Role::new(&arn(name)).trusts("arn:aws:iam::123456789012:user/ann")).unwrap();
        }
        let sandbox = Sandbox::start(world, Options::default()).unwrap();
        let mut home = Home::new();
        home.set("AWS_ENDPOINT_URL", sandbox.url());
        home.set("AWS_EC2_METADATA_DISABLED", "true");
        home.set("HISTFILE", "/dev/null");
        let keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\nsession = none\n";
        home.profile("ci", &format!("{keys}region = us-east-1\n"));
        for odd in [ODD, ALLOWED] {
            home.write(&format!(".aws/aws-profiles/{odd}"), format!("[{odd}]\n{keys}region = us-west-2\n"));
        }
        for name in ["prod", "short", "brief"] {
            // fish has a `USER` of its own, which the session would be named after
            home.profile(
                name,
                &format!(
                    "role_arn = {}\nrole_session_name = ann\nmaster_profile = ci\nregion = eu-central-1\n",
                    arn(name)
                ),
            );
        }
        sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(480))));
        home.ok(&["token", "short"]);
        sandbox.clear_faults();
        home.write("bin/there", "");
        std::os::unix::fs::symlink(AWSTOK, home.path("bin/awstok")).unwrap();
        let path = std::env::var("PATH").unwrap();
        home.set("PATH", format!("{}:{path}", home.path("bin").display()));
        for name in ["awstok", "awsuse", "env", "date", "command", "builtin", "touch", ".env", "use.elv"] {
            home.write(&format!("here/{name}"), "#!/bin/sh\n: > PROOF\n");
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            std::fs::set_permissions(home.path(format!("here/{name}")), mode).unwrap();
        }
        Self { home, sandbox }
    }

    fn command(&self, program: &Path, flags: &[&str], script: &str) -> Command {
        let mut command = self.home.other(program);
        command.args(flags).args(["-c", script]).current_dir(self.home.path("here"));
        command
    }

    /// Lets a shell run a script, and gives what it printed; nothing of the folder was run.
    #[track_caller]
    fn prints(&self, program: &Path, flags: &[&str], script: &str) -> String {
        let run = Run::of(self.command(program, flags, script).output().unwrap());
        assert!(run.code == 0 && run.err.is_empty(), "{program:?} {script}: {run:#?}");
        assert!(!self.home.exists("here/PROOF") && !self.home.exists("PROOF"), "{program:?} ran something");
        run.out
    }

    /// A shell on a terminal, in that folder.
    fn terminal(&self, program: &str, args: &[&str]) -> Terminal {
        let mut env = self.home.environment();
        env.retain(|(name, _)| name != "AWSTOK_NO_INPUT");
        Terminal::start(program, args, env.into_iter(), &self.home.path("here"))
    }

    /// Lets the next sessions live for 8 s only.
    fn hurry(&self) {
        self.sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(8))));
    }

    fn script(&self, shell: &str) -> String {
        self.home.ok(&["init", shell])
    }
}

/// What each shell's script below says, line by line.
const STORY: &str = "\
1 prod eu-central-1 token\n\
2 3 prod\n\
3 ci us-east-1 none\n\
4 prod\n\
5 ci\n\
6 none none none\n\
7 ci\n\
8 2 ci\n\
9 {\n\
10 Print\n\
11 3 ci\n\
12 a+b@c.d_e-f none\n";

/// The story in bash and zsh, with options that break careless scripts.
fn in_posix_words(shell: &str) -> String {
    format!(
        "set -euC; IFS='o-/r'; eval \"$(awstok init {shell})\"; eval \"$(awstok init {shell})\"
         awsuse prod; echo \"1 $AWSTOK_PROFILE $AWS_REGION ${{AWS_SESSION_TOKEN:+token}}\"
         code=0; awsuse nobody 2>/dev/null || code=$?; echo \"2 $code $AWSTOK_PROFILE\"
         awsuse ci; echo \"3 $AWSTOK_PROFILE $AWS_REGION ${{AWS_SESSION_TOKEN-none}}\"
         awsuse -; echo \"4 $AWSTOK_PROFILE\"
         awsuse - --write; echo \"5 $AWSTOK_PROFILE\"
         awsuse --unset; echo \"6 ${{AWSTOK_PROFILE-none}} ${{AWS_ACCESS_KEY_ID-none}} ${{AWS_REGION-none}}\"
         awsuse -; echo \"7 $AWSTOK_PROFILE\"
         code=0; awsuse prod --nonsense 2>/dev/null || code=$?; echo \"8 $code $AWSTOK_PROFILE\"
         echo \"9 $(awsuse prod --json | head -n 1)\"
         echo \"10 $(awsuse --help | head -c 5)\"
         code=0; awsuse '{}' 2>/dev/null || code=$?; echo \"11 $code $AWSTOK_PROFILE\"
         awsuse {ALLOWED}; __awstok_hook; echo \"12 $AWSTOK_PROFILE ${{AWS_SESSION_TOKEN-none}}\"",
        ODD.replace('\'', "'\\''")
    )
}

#[test]
fn bash_uses_profiles_whatever_its_options() {
    let Some(bash) = tool("bash") else { return };
    let stage = Stage::new();
    for flags in [&["--norc"][..], &["--norc", "-O", "failglob"], &["--norc", "--posix"]] {
        assert_eq!(stage.prints(&bash, flags, &in_posix_words("bash")), STORY, "{flags:?}");
    }
    // a name that was taken
    let taken = "shopt -s expand_aliases; alias awsuse='echo alias'; eval \"$(awstok init bash)\"\nawsuse prod; echo $AWSTOK_PROFILE";
    assert_eq!(stage.prints(&bash, &["--norc"], taken), "prod\n");
    // other hooks stay, and see the status of the command; sourced twice, the hook stands there once
    let hooks = "PROMPT_COMMAND='seen=$?'; eval \"$(awstok init bash)\"; eval \"$(awstok init bash)\"; (exit 7); eval \"$PROMPT_COMMAND\"; echo $seen; \
                 PROMPT_COMMAND=(first second); eval \"$(awstok init bash)\"; eval \"$(awstok init bash)\"; echo \"${PROMPT_COMMAND[@]}\"; \
                 unset PROMPT_COMMAND; eval \"$(awstok init bash --no-hook)\"; echo \"${PROMPT_COMMAND-none}\"";
    assert_eq!(stage.prints(&bash, &["--norc"], hooks), "7\n__awstok_hook first second\nnone\n");
}

#[test]
fn zsh_uses_profiles_whatever_its_options() {
    let Some(zsh) = tool("zsh") else { return };
    let stage = Stage::new();
    for flags in [&["-f"][..], &["-f", "-o", "shwordsplit", "-o", "ksharrays", "-o", "globsubst", "-o", "nomatch"]] {
        assert_eq!(stage.prints(&zsh, flags, &in_posix_words("zsh")), STORY, "{flags:?}");
    }
    let taken =
        "setopt aliases; alias awsuse='echo alias'; eval \"$(awstok init zsh)\"\nawsuse prod; echo $AWSTOK_PROFILE";
    assert_eq!(stage.prints(&zsh, &["-f"], taken), "prod\n");
    let hooks = "other() { seen=$? }; precmd_functions=(other); eval \"$(awstok init zsh)\"; eval \"$(awstok init zsh)\"; \
                 echo $precmd_functions; (exit 7); __awstok_hook; other; echo $seen";
    assert_eq!(stage.prints(&zsh, &["-f"], hooks), "__awstok_hook other\n7\n");
}

#[test]
fn fish_uses_profiles() {
    let Some(fish) = tool("fish") else { return };
    let stage = Stage::new();
    let quoted = ODD.replace('\\', "\\\\").replace('\'', "\\'");
    let script = format!(
        "function or_none; test -n \"$argv[1]\"; and echo $argv[1]; or echo none; end
         awstok init fish | source; awstok init fish | source
         awsuse prod; echo 1 $AWSTOK_PROFILE $AWS_REGION (test -n \"$AWS_SESSION_TOKEN\"; and echo token)
         awsuse nobody 2>/dev/null; echo 2 $status $AWSTOK_PROFILE
         awsuse ci; echo 3 $AWSTOK_PROFILE $AWS_REGION (or_none $AWS_SESSION_TOKEN)
         awsuse -; echo 4 $AWSTOK_PROFILE
         awsuse - --write; echo 5 $AWSTOK_PROFILE
         awsuse --unset; echo 6 (or_none $AWSTOK_PROFILE) (or_none $AWS_ACCESS_KEY_ID) (or_none $AWS_REGION)
         awsuse -; echo 7 $AWSTOK_PROFILE
         awsuse prod --nonsense 2>/dev/null; echo 8 $status $AWSTOK_PROFILE
         echo 9 (awsuse prod --json | head -n 1)
         echo 10 (awsuse --help | head -c 5)
         awsuse '{quoted}' 2>/dev/null; echo 11 $status $AWSTOK_PROFILE
         awsuse {ALLOWED}; __awstok_hook; echo 12 $AWSTOK_PROFILE (or_none $AWS_SESSION_TOKEN)"
    );
    // what a function's substitutions say on stderr, fish doesn't redirect with it
    let run = Run::of(stage.command(&fish, &["--no-config"], &script).output().unwrap());
    assert_eq!((run.code, run.out.as_str()), (0, STORY), "{}", run.err);
    assert!(!stage.home.exists("here/PROOF"));
    let names = "awstok init fish | source; complete --do-complete 'awsuse p'; complete --do-complete 'awsuse prod '";
    assert_eq!(stage.prints(&fish, &["--no-config"], names), "prod\n");
}

#[test]
fn nu_uses_profiles() {
    let Some(nu) = rare_tool("nu") else { return };
    let stage = Stage::new();
    stage.home.write("here/init.nu", stage.script("nu"));
    let quoted = ODD.replace('\\', "\\\\").replace('"', "\\\"");
    let script = format!(
        "source init.nu; source init.nu; def none []: any -> any {{ default none }}
         awsuse prod; print $'1 ($env.AWSTOK_PROFILE) ($env.AWS_REGION) (if ($env.AWS_SESSION_TOKEN? | is-not-empty) {{ \"token\" }})'
         let code = try {{ awsuse nobody; 0 }} catch {{|e| $e.exit_code }}; print $'2 ($code) ($env.AWSTOK_PROFILE)'
         awsuse ci; print $'3 ($env.AWSTOK_PROFILE) ($env.AWS_REGION) ($env.AWS_SESSION_TOKEN? | none)'
         awsuse -; print $'4 ($env.AWSTOK_PROFILE)'
         awsuse - --write; print $'5 ($env.AWSTOK_PROFILE)'
         awsuse --unset; print $'6 ($env.AWSTOK_PROFILE? | none) ($env.AWS_ACCESS_KEY_ID? | none) ($env.AWS_REGION? | none)'
         awsuse -; print $'7 ($env.AWSTOK_PROFILE)'
         let code = try {{ awsuse prod --nonsense; 0 }} catch {{|e| $e.exit_code }}; print $'8 ($code) ($env.AWSTOK_PROFILE)'
         print '9 {{'
         print $'10 (awsuse --help | str substring 0..4)'
         let code = try {{ awsuse \"{quoted}\"; 0 }} catch {{|e| $e.exit_code }}; print $'11 ($code) ($env.AWSTOK_PROFILE)'
         awsuse {ALLOWED}; __awstok_hook; print $'12 ($env.AWSTOK_PROFILE) ($env.AWS_SESSION_TOKEN? | none)'
         if ($env.config.hooks.pre_prompt | length) != 1 {{ error make {{msg: 'twice'}} }}"
    );
    let mut command = stage.command(&nu, &["-n"], &script);
    let run = Run::of(command.output().unwrap());
    assert_eq!((run.code, run.out.as_str()), (0, STORY), "{}", run.err);
    assert!(!stage.home.exists("here/PROOF"));
}

#[test]
fn elvish_uses_profiles() {
    let Some(elvish) = tool("elvish") else { return };
    let stage = Stage::new();
    let mut terminal = stage.terminal(elvish.to_str().unwrap(), &["-norc"]);
    let quoted = ODD.replace('\'', "''");
    let lines = [
        ("eval (awstok init elvish | slurp); eval (awstok init elvish | slurp)".to_owned(), ""),
        ("awsuse prod; echo '1 is' $E:AWSTOK_PROFILE $E:AWS_REGION".into(), "1 is prod eu-central-1"),
        (
            "try { awsuse nobody } catch e { echo '2 is' $e[reason][exit-status] $E:AWSTOK_PROFILE }".into(),
            "2 is 3 prod",
        ),
        ("awsuse ci; echo '3 is' $E:AWSTOK_PROFILE (has-env AWS_SESSION_TOKEN)".into(), "3 is ci $false"),
        ("awsuse -; echo '4 is' $E:AWSTOK_PROFILE".into(), "4 is prod"),
        ("awsuse - --write; echo '5 is' $E:AWSTOK_PROFILE".into(), "5 is ci"),
        ("awsuse --unset; echo '6 is' (has-env AWSTOK_PROFILE) (has-env AWS_REGION)".into(), "6 is $false $false"),
        ("awsuse -; echo '7 is' $E:AWSTOK_PROFILE".into(), "7 is ci"),
        ("echo '9 is' [(awsuse prod --json)][0]".into(), "9 is {"),
        (
            format!("try {{ awsuse '{quoted}' }} catch e {{ echo '11 is' $e[reason][exit-status] $E:AWSTOK_PROFILE }}"),
            "11 is 3 ci",
        ),
        (format!("awsuse {ALLOWED}; echo '12 is' $E:AWSTOK_PROFILE"), "12 is a+b@c.d_e-f"),
        ("$edit:completion:arg-completer[awsuse] awsuse p | each {|name| echo 'one is' $name }".into(), "one is prod"),
        ("echo 'hooks:' (count $edit:before-readline)".into(), "hooks: 1"),
    ];
    for (line, answer) in lines {
        terminal.expect("# ");
        terminal.send(&format!("{line}\r"));
        terminal.expect(answer);
    }
    terminal.expect("# ");
    terminal.send("exit\r");
    terminal.end();
    assert!(!stage.home.exists("here/PROOF"));
}

#[test]
fn bash_completes_profiles() {
    let Some(bash) = tool("bash") else { return };
    let stage = Stage::new();
    let complete = |word: &str, count: usize| {
        let script = format!(
            "set -eu; eval \"$(awstok init bash)\"; COMP_CWORD={count}; __awstok_complete awsuse '{word}' awsuse; printf '%s\\n' \"${{COMPREPLY[@]-}}\""
        );
        stage.prints(&bash, &["--norc"], &script)
    };
    assert_eq!(complete("p", 1), "prod\n");
    assert_eq!(complete("", 1), "a+b@c.d_e-f\nbrief\nci\nprod\nshort\n");
    assert_eq!(complete("", 2), "\n");
}

#[test]
fn scripts_know_all_variables_and_every_shell_has_one() {
    let home = Home::new();
    let nu = home.ok(&["init", "nu"]);
    for variable in Variables::unset_all().iter() {
        let name = variable.name();
        assert!(nu.split_whitespace().any(|word| word == name), "{name}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "nu", "elvish"] {
        let (with, without) = (home.ok(&["init", shell]), home.ok(&["init", shell, "--no-hook"]));
        assert!(with.starts_with(&without) && with.contains("expire in") && !without.contains("expire in"), "{shell}");
        assert!(without.contains("awsuse"), "{shell}");
    }
    home.fails(2, &["init"]);
    home.fails(2, &["init", "tcsh"]);
}

#[test]
fn powershell_takes_the_script() {
    let Some(pwsh) = rare_tool("pwsh") else { return };
    let stage = Stage::new();
    let script = "awstok init powershell | Out-String | Invoke-Expression; awstok init powershell | Out-String | Invoke-Expression; \
                  awsuse prod; \"1 $Env:AWSTOK_PROFILE\"; awsuse nobody 2>$null; \"2 $LASTEXITCODE $Env:AWSTOK_PROFILE\"; \
                  awsuse ci; awsuse -; \"3 $Env:AWSTOK_PROFILE\"";
    let run = Run::of(stage.command(&pwsh, &["-NoProfile"], script).output().unwrap());
    assert_eq!((run.code, run.out.as_str()), (0, "1 prod\n2 3 prod\n3 prod\n"), "{}", run.err);
}
