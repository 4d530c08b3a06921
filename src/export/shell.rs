//! Owns the shells: their names, how one is recognised, and how each sets and unsets a variable.
//! It refuses to guess at a program that is no shell it knows.

use crate::error::Result;
use crate::export::quote;
use crate::export::variables::Variables;

/// A shell that can take the variables; each comment shows how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// `eval "$(awstok env prod)"`
    Bash,
    /// `eval "$(awstok env prod)"`
    Zsh,
    /// `eval "$(awstok env prod)"`; any POSIX shell
    #[value(aliases = ["dash", "ash", "ksh", "mksh"])]
    Sh,
    /// `awstok env prod | source`
    Fish,
    /// `awstok env prod | Out-String | Invoke-Expression`
    #[value(alias = "pwsh")]
    Powershell,
    /// `for /f "delims=" %i in ('awstok env prod') do @%i`
    Cmd,
    /// `awstok env prod | save -f env.nu`, then `source env.nu`; or `awstok env prod --format json | from json | load-env`
    #[value(alias = "nushell")]
    Nu,
    /// `eval (awstok env prod | slurp)`
    Elvish,
    /// ``eval "`awstok env prod`"``
    #[value(alias = "csh")]
    Tcsh,
    /// `execx($(awstok env prod))`
    Xonsh,
}

impl Shell {
    /// Recognises a shell by its program: a name or a path, as in `$SHELL` or a process's name (`-zsh` for a login shell).
    pub fn of_program(program: &str) -> Option<Self> {
        let file = program.trim().rsplit(['/', '\\']).next()?.to_ascii_lowercase();
        let name = file.strip_prefix('-').unwrap_or(&file);
        match name.strip_suffix(".exe").unwrap_or(name) {
            "bash" | "rbash" => Some(Self::Bash),
            "zsh" | "rzsh" => Some(Self::Zsh),
            "sh" | "dash" | "ash" | "busybox" | "ksh" | "ksh93" | "rksh" | "mksh" | "lksh" | "oksh" | "yash" => {
                Some(Self::Sh)
            }
            "fish" => Some(Self::Fish),
            "powershell" | "pwsh" => Some(Self::Powershell),
            "cmd" => Some(Self::Cmd),
            "nu" => Some(Self::Nu),
            "elvish" => Some(Self::Elvish),
            "tcsh" | "csh" => Some(Self::Tcsh),
            "xonsh" => Some(Self::Xonsh),
            _ => None,
        }
    }

    /// Finds the shell that will read the output: the parent process where it is one, else the login shell (`$SHELL`).
    ///
    /// The parent comes first because `$SHELL` stays the login shell's in a script or in another shell started from it.
    pub fn detect(parent: Option<&str>, login_shell: Option<&str>) -> Option<Self> {
        parent.and_then(Self::of_program).or_else(|| login_shell.and_then(Self::of_program))
    }

    /// Renders the changes as statements, one a line, that leave exactly these bytes in the environment.
    ///
    /// For `bash`, `zsh`, `sh`, `fish` and `tcsh` that holds too when the output is evaluated unquoted: no white space
    /// or wildcard of a value stands in it.
    ///
    /// # Errors
    /// A value that the shell can't carry: for `cmd` one with a control character or one of `" % !`.
    pub fn render(self, variables: &Variables) -> Result<String> {
        let mut text = String::new();
        for variable in variables.iter() {
            text.push_str(&match variable.value() {
                Some(value) => self.set(variable.name(), value)?,
                None => self.unset(variable.name()),
            });
            text.push('\n');
        }
        Ok(text)
    }

    fn set(self, name: &str, value: &str) -> Result<String> {
        Ok(match self {
            Self::Bash | Self::Zsh => format!("export {name}={};", quote::ansi_c(value)),
            Self::Sh => match quote::posix(value) {
                quote::Posix::Literal(word) => format!("export {name}={word};"),
                quote::Posix::Printed(word) => format!("{name}={word}; export {name}=\"${{{name}%.}}\";"),
            },
            Self::Fish => format!("set -gx {name} {};", quote::fish(value)),
            Self::Powershell => format!("$Env:{name} = {};", quote::powershell(value)),
            Self::Cmd => format!("set \"{name}={}\"", quote::cmd(name, value)?),
            Self::Nu => format!("$env.{name} = {};", quote::nu(value)),
            Self::Elvish => format!("set-env {name} {};", quote::double(value)),
            Self::Tcsh => format!("setenv {name} {};", quote::tcsh(value)),
            Self::Xonsh => format!("${name} = {};", quote::double(value)),
        })
    }

    fn unset(self, name: &str) -> String {
        match self {
            Self::Bash | Self::Zsh | Self::Sh => format!("unset {name};"),
            // a variable that is not set is no failure of the whole
            Self::Fish => format!("set -e {name}; or true;"),
            Self::Powershell => format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue;"),
            Self::Cmd => format!("set \"{name}=\""),
            Self::Nu => format!("hide-env --ignore-errors {name};"),
            Self::Elvish => format!("unset-env {name};"),
            Self::Tcsh => format!("unsetenv {name};"),
            Self::Xonsh => format!("${{...}}.pop('{name}', None);"),
        }
    }
}

/// Gives the name of the program that started this one, where the system tells.
#[cfg(target_os = "linux")]
pub fn parent_program() -> Option<String> {
    let parent = std::os::unix::process::parent_id();
    std::fs::read_to_string(format!("/proc/{parent}/comm")).ok().map(|name| name.trim_end().to_owned())
}

/// Gives the name of the program that started this one, where the system tells.
#[cfg(all(unix, not(target_os = "linux")))]
pub fn parent_program() -> Option<String> {
    let parent = std::os::unix::process::parent_id().to_string();
    let mut ps = std::process::Command::new("/bin/ps");
    let answer = ps.args(["-o", "comm=", "-p", &parent]).env_clear().output().ok()?;
    Some(String::from_utf8(answer.stdout).ok()?.trim().to_owned())
}

/// Gives the name of the program that started this one, where the system tells.
#[cfg(not(unix))]
pub fn parent_program() -> Option<String> {
    None
}

/// Gives the name of the program that started this one, where the system tells without another program's help.
pub fn parent_program_at_once() -> Option<String> {
    if cfg!(target_os = "linux") { parent_program() } else { None }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    fn rendered(shell: Shell, value: Option<&str>) -> String {
        let mut variables = Variables::default();
        match value {
            Some(value) => variables.set("AWS_REGION", value).unwrap(),
            None => variables.unset("AWS_REGION"),
        }
        shell.render(&variables).unwrap()
    }

    #[test]
    fn plain_values_read_as_people_would_write_them() {
        let cases = [
            (Shell::Bash, "export AWS_REGION='eu-west-1';\n", "unset AWS_REGION;\n"),
            (Shell::Zsh, "export AWS_REGION='eu-west-1';\n", "unset AWS_REGION;\n"),
            (Shell::Sh, "export AWS_REGION='eu-west-1';\n", "unset AWS_REGION;\n"),
            (Shell::Fish, "set -gx AWS_REGION 'eu-west-1';\n", "set -e AWS_REGION; or true;\n"),
            (
                Shell::Powershell,
                "$Env:AWS_REGION = 'eu-west-1';\n",
                "Remove-Item Env:AWS_REGION -ErrorAction SilentlyContinue;\n",
            ),
            (Shell::Cmd, "set \"AWS_REGION=eu-west-1\"\n", "set \"AWS_REGION=\"\n"),
            (Shell::Nu, "$env.AWS_REGION = \"eu-west-1\";\n", "hide-env --ignore-errors AWS_REGION;\n"),
            (Shell::Elvish, "set-env AWS_REGION \"eu-west-1\";\n", "unset-env AWS_REGION;\n"),
            (Shell::Tcsh, "setenv AWS_REGION 'eu-west-1';\n", "unsetenv AWS_REGION;\n"),
            (Shell::Xonsh, "$AWS_REGION = \"eu-west-1\";\n", "${...}.pop('AWS_REGION', None);\n"),
        ];
        assert_eq!(cases.len(), Shell::value_variants().len());
        for (shell, set, unset) in cases {
            assert_eq!(rendered(shell, Some("eu-west-1")), set);
            assert_eq!(rendered(shell, None), unset);
        }
    }

    #[test]
    fn the_output_is_one_line_a_variable_whatever_the_value() {
        for shell in Shell::value_variants().iter().filter(|shell| **shell != Shell::Cmd) {
            assert_eq!(rendered(*shell, Some("a\nb\r\nc\u{85}\u{2028}")).lines().count(), 1, "{shell:?}");
        }
    }

    #[test]
    fn shells_are_recognised_by_their_programs() {
        assert_eq!(Shell::of_program("/usr/bin/fish"), Some(Shell::Fish));
        assert_eq!(Shell::of_program("-zsh\n"), Some(Shell::Zsh));
        assert_eq!(Shell::of_program(r"C:\Windows\System32\CMD.EXE"), Some(Shell::Cmd));
        assert_eq!(Shell::of_program("mksh"), Some(Shell::Sh));
        assert_eq!(Shell::of_program("python3"), None);
        assert_eq!(Shell::of_program(""), None);
    }

    #[test]
    fn the_parent_goes_before_the_login_shell() {
        assert_eq!(Shell::detect(Some("fish"), Some("/bin/bash")), Some(Shell::Fish));
        assert_eq!(Shell::detect(Some("make"), Some("/bin/bash")), Some(Shell::Bash));
        assert_eq!(Shell::detect(None, None), None);
    }
}
