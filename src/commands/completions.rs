//! `awstok completions`: the scripts that complete awstok in a shell, and the profile names they ask for.
//! It refuses to read more than the profiles folder: completion must be instant.

use clap::{Command, ValueEnum};
use clap_complete::env::{EnvCompleter, Shells};

use crate::app::App;
use crate::error::{Failure, Kind, Result};

/// The variable by which a shell's script asks awstok what could come next.
pub const VARIABLE: &str = "AWSTOK_COMPLETE";

/// A file of zsh's `fpath` is itself the function that completes for the first time: it must not only define the one for later.
const ZSH_AUTOLOAD: &[u8] = b"
if [ \"${funcstack[1]}\" = _awstok ]; then
    _clap_dynamic_completer_awstok \"$@\"
fi
";

/// Print the completion script of a shell
///
/// The scripts for bash, zsh, fish, PowerShell and elvish ask awstok for profile names and
/// formats as you type. Nushell's is complete in itself: commands and flags.
///
/// Examples:
///   awstok completions bash > ~/.local/share/bash-completion/completions/awstok
///   awstok completions zsh  > ~/.zfunc/_awstok
///   awstok completions fish > ~/.config/fish/completions/awstok.fish
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// The shells that can complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// elvish
    Elvish,
    /// Nushell
    #[value(name = "nushell", alias = "nu")]
    Nushell,
}

impl Args {
    /// Runs the command; `cli` is the whole command line.
    pub fn run(&self, app: &App, cli: &mut Command) -> Result<()> {
        app.ui.print(script(self.shell, cli)?)
    }
}

/// Gives the completion script of `shell`.
///
/// # Errors
/// Never in practice: the generators write into memory.
fn script(shell: Shell, cli: &mut Command) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let name = match shell {
        Shell::Nushell => {
            clap_complete::generate(clap_complete_nushell::Nushell, cli, "awstok", &mut text);
            return Ok(text);
        }
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::PowerShell => "powershell",
        Shell::Elvish => "elvish",
    };
    let shells = Shells::builtins();
    let completer: &dyn EnvCompleter = shells
        .completer(name)
        .ok_or_else(|| Failure::new(Kind::Other, format!("there is no completion for {name}")))?;
    completer.write_registration(VARIABLE, "awstok", "awstok", "awstok", &mut text)?;
    if shell == Shell::Zsh {
        text.extend_from_slice(ZSH_AUTOLOAD);
    }
    Ok(text)
}
