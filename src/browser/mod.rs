//! Owns the person's browser: which one it is, opening an address in it, and the place on this machine where it lands.
//! It refuses to wait for it, to let it write to our streams, and to hand on what is awstok's alone.

mod landing;

use std::ffi::OsString;
use std::process::{Command, Stdio};

use crate::encoding::percent;
use crate::environment::Environment;
use crate::error::{Failure, Result, usage};
use crate::profile::words;

pub use landing::{Arrived, Landing, Page, Query, Waiting};

/// A browser that is at hand: commands, the first one that starts counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser {
    commands: Vec<Vec<String>>,
    environment: Vec<(OsString, OsString)>,
}

impl Browser {
    /// Takes the browser that somebody names by its command, in which `%s` is the address, `%u` the address for a place within a URL.
    ///
    /// # Errors
    /// `Kind::Usage` for a command that can't be split into words: no other browser is taken in its place.
    pub fn named(command: &str, env: &Environment) -> Result<Self, Failure> {
        let words = words::split(command).map_err(|why| {
            usage(format!("the browser's command `{command}` {why}")).hint("quote its words as in a shell")
        })?;
        Ok(Self::new(vec![words], env))
    }

    /// Finds the browser: `BROWSER`, commands as in `named` with a colon between (on Windows a semicolon), else the desktop's; none
    /// where there is no desktop.
    pub fn find(env: &Environment) -> Option<Self> {
        let own = env.text("BROWSER").map(|list| {
            let commands = parts(list).into_iter().map(|command| command.trim().trim_end_matches('&'));
            commands.filter_map(|command| words::split(command).ok()).collect::<Vec<_>>()
        });
        let commands = own.filter(|commands| !commands.is_empty()).unwrap_or_else(|| desktops(env));
        (!commands.is_empty()).then(|| Self::new(commands, env))
    }

    fn new(commands: Vec<Vec<String>>, env: &Environment) -> Self {
        let environment = env.inherited().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { commands, environment }
    }

    /// Fills the name of a profile in, wherever a command says `%p`; beside `%u` it stands in a URL, and is written so.
    #[must_use]
    pub fn of_profile(mut self, name: &str) -> Self {
        for word in self.commands.iter_mut().flatten() {
            *word = if word.contains("%u") { word.replace("%p", &percent(name)) } else { word.replace("%p", name) };
        }
        self
    }

    /// Opens an address, which stands in the list of processes for a moment; tells whether a command could be started.
    pub fn open(&self, address: &str) -> bool {
        self.commands.iter().any(|words| self.start(words, address))
    }

    fn start(&self, words: &[String], address: &str) -> bool {
        let within = percent(address);
        let mut filled: Vec<String> =
            words.iter().map(|word| word.replace("%s", address).replace("%u", &within)).collect();
        if filled == words {
            filled.push(address.to_owned());
        }
        let Some((program, arguments)) = filled.split_first() else { return false };
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C in our terminal isn't meant for it
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        match command.spawn() {
            Ok(mut child) => {
                // where no thread can be started, the system sees to its end when ours comes
                let _ = std::thread::Builder::new().name("browser".into()).spawn(move || child.wait());
                true
            }
            Err(_) => false,
        }
    }
}

/// Splits a list of commands, but not within quotes as `words` knows them.
fn parts(list: &str) -> Vec<&str> {
    let mut quote = None;
    list.split(|c: char| {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"') => quote = Some(c),
            (None, '\'') if !cfg!(windows) => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c == if cfg!(windows) { ';' } else { ':' }
    })
    .collect()
}

/// Gives what opens addresses on this system's desktop.
fn desktops(env: &Environment) -> Vec<Vec<String>> {
    let commands: &[&[&str]] = if cfg!(windows) {
        &[&["rundll32", "url.dll,FileProtocolHandler"]]
    } else if cfg!(target_os = "macos") {
        let is_remote = env.get("SSH_CONNECTION").is_some();
        if is_remote { &[] } else { &[&["/usr/bin/open"]] }
    } else if env.get("DISPLAY").is_some() || env.get("WAYLAND_DISPLAY").is_some() {
        &[&["xdg-open"], &["gio", "open"]]
    } else if env.get("WSL_DISTRO_NAME").is_some() {
        &[&["wslview"]]
    } else {
        &[]
    };
    commands.iter().map(|words| words.iter().map(|word| (*word).to_owned()).collect()).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[cfg(not(target_os = "macos"))]
    fn commands(env: &[(&str, &str)]) -> Option<Vec<Vec<String>>> {
        Browser::find(&env.iter().copied().collect()).map(|browser| browser.commands)
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn the_named_one_comes_first_and_without_a_desktop_there_is_none() {
        let words = |text: &[&str]| text.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(commands(&[]), None);
        assert_eq!(commands(&[("BROWSER", " : ")]), None);
        assert_eq!(
            commands(&[("BROWSER", "a 'b c' %s &:d \"e:f\" 'g:\"':h"), ("DISPLAY", ":0")]).unwrap(),
            [words(&["a", "b c", "%s"]), words(&["d", "e:f", "g:\""]), words(&["h"])]
        );
        let named = |command: &str| Browser::named(command, &[("BROWSER", "a")].into_iter().collect());
        assert_eq!(named("x 'y:z=%p&u=%u'").unwrap().commands, [words(&["x", "y:z=%p&u=%u"])]);
        let of_profile = |command: &str| named(command).unwrap().of_profile("a&b").commands;
        assert_eq!(of_profile("x --dir=%p 'y:z=%p&u=%u'"), [words(&["x", "--dir=a&b", "y:z=a%26b&u=%u"])]);
        assert!(["", "a 'b"].iter().all(|command| named(command).is_err()));
        assert_eq!(commands(&[("DISPLAY", ":0")]).unwrap()[0], words(&["xdg-open"]));
    }

    #[test]
    fn the_first_one_that_starts_opens_the_address() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("opened");
        let list =
            format!("/no/such/browser:/bin/sh -c 'echo \"$1 $AWSTOK_PASSPHRASE.\" > {}' sh %s:no", file.display());
        let env = [("BROWSER", list.as_str()), ("AWSTOK_PASSPHRASE", "canary")].into_iter().collect();
        assert!(Browser::find(&env).unwrap().open("https://x/?a=b&c;d"));
        let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while std::fs::read_to_string(&file).unwrap_or_default().is_empty() && std::time::Instant::now() < end {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "https://x/?a=b&c;d .\n");
        let none = [("BROWSER", "/no/such/browser")].into_iter().collect();
        assert!(!Browser::find(&none).unwrap().open("https://x"));
    }
}
