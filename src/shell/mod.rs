//! Owns the scripts that put `awsuse` into a person's shells, with its completion and the word before credentials die.
//! It refuses to hold anything but text: each script asks awstok, and evaluates only assignments.

/// A shell that can be set up; the names are those of the shells' programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Interactive {
    /// GNU Bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    #[value(alias = "pwsh")]
    Powershell,
    /// Nushell
    #[value(alias = "nushell")]
    Nu,
    /// elvish
    Elvish,
}

impl Interactive {
    /// Gives the script, with the hook before each prompt or without.
    pub fn script(self, with_hook: bool) -> String {
        let (functions, hook) = match self {
            Self::Bash => (include_str!("bash.sh"), include_str!("hook.bash.sh")),
            Self::Zsh => (include_str!("zsh.zsh"), include_str!("hook.zsh.zsh")),
            Self::Fish => (include_str!("fish.fish"), include_str!("hook.fish.fish")),
            Self::Powershell => (include_str!("powershell.ps1"), include_str!("hook.powershell.ps1")),
            Self::Nu => (include_str!("nu.nu"), include_str!("hook.nu.nu")),
            Self::Elvish => (include_str!("elvish.elv"), include_str!("hook.elvish.elv")),
        };
        if with_hook { format!("{functions}{hook}") } else { functions.to_owned() }
    }
}
