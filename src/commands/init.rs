//! `awstok init`: the script that puts `awsuse` into a shell.
//! It refuses to read or write any file: the person's login file asks for it.

use crate::app::App;
use crate::error::Result;
use crate::shell::Interactive;

/// Print what a shell's login file needs for `awsuse`
///
/// `awsuse PROFILE` puts a profile's credentials into this very shell, with the variables and flags
/// of `awstok env`; where that fails, nothing changes. `awsuse -` goes back to the profile before,
/// or to no variables at all, and `awsuse` alone renews. Profiles are completed as you type.
///
/// Before a prompt, the shell says once when what `awsuse` set has less than 10 minutes left or has
/// expired. It looks at its own clock and starts no program for that (fish and elvish: on Linux).
///
/// Examples:
///   eval "$(awstok init bash)"                                in ~/.bashrc
///   eval "$(awstok init zsh)"                                 in ~/.zshrc, behind compinit
///   awstok init fish | source                                 in ~/.config/fish/config.fish
///   awstok init powershell | Out-String | Invoke-Expression   in $PROFILE
///   eval (awstok init elvish | slurp)                         in ~/.config/elvish/rc.elv
///   awstok init nu | save -f ~/.awstok.nu                     once; `source ~/.awstok.nu` in config.nu
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Interactive,
    /// Leave out what is said before prompts
    #[arg(long)]
    no_hook: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        app.ui.print(self.shell.script(!self.no_hook))
    }
}
