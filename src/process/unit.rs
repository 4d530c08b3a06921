//! Owns the text of a systemd unit that runs a command under supervision: hardened, and quoted as systemd reads it (systemd.syntax(7),
//! systemd.service(5), systemd.exec(5)). Pure.
//! It refuses what a unit can't hold: line breaks in a folder's name.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// What a unit is made of.
#[derive(Debug)]
pub struct Unit<'a> {
    /// The profile.
    pub profile: &'a str,
    /// Who runs it; none: the service manager's own user.
    pub user: Option<&'a str>,
    /// The user's home.
    pub home: &'a str,
    /// Variables besides `HOME`.
    pub variables: &'a [(&'a str, &'a str)],
    /// Where the command runs.
    pub folder: &'a str,
    /// The folder that awstok keeps its own files in.
    pub own: &'a str,
    /// The absolute path of awstok.
    pub program: &'a str,
    /// The flags of `supervise`.
    pub flags: &'a [String],
    /// The command and its arguments.
    pub command: &'a [&'a str],
    /// How long the command gets to end.
    pub grace: Duration,
    /// What must be known before it is installed.
    pub warnings: &'a [String],
}

/// Time for awstok's own part of the end.
const FOR_AWSTOK: Duration = Duration::from_secs(15);

/// What a service is kept from, and why some things are left to it.
const HARDENING: &str = "\
# COMMAND may use the network, read most files, and write to $STATE_DIRECTORY, $RUNTIME_DIRECTORY and /tmp (its own).
# Let it write elsewhere with more ReadWritePaths=; bind ports below 1024 with
# AmbientCapabilities=CAP_NET_BIND_SERVICE and the same in CapabilityBoundingSet=.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
KeyringMode=private
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
LimitCORE=0
UMask=0077
# not set, since compilers at run time (Java, JavaScript …) need it otherwise: MemoryDenyWriteExecute=yes
";

impl Unit<'_> {
    /// The unit's name, without `.service`: what isn't a letter, a digit or one of `._-` in the profile's becomes `-`.
    pub fn name(&self) -> String {
        let keep = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        format!("awstok-{}", self.profile.chars().map(keep).collect::<String>())
    }

    /// Writes the unit.
    pub fn render(&self) -> String {
        let name = self.name();
        let mut text = format!(
            "# Keeps a command alive across the expiry of its AWS credentials.\n\
             #   install  awstok systemd-unit … | sudo tee /etc/systemd/system/{name}.service\n\
             #            sudo systemctl daemon-reload && sudo systemctl enable --now {name}\n\
             #   look     systemctl status {name}; journalctl -u {name}\n"
        );
        for warning in self.warnings {
            let _ = writeln!(text, "# WARNING: {}", on_one_line(warning));
        }
        let program = self.command.first().copied().unwrap_or_default();
        let base = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
        let description = on_one_line(&format!("{base} with fresh AWS credentials of {}", self.profile));
        let _ = write!(
            text,
            "\n[Unit]\nDescription={}\nWants=network-online.target\nAfter=network-online.target\n\
             StartLimitIntervalSec=10min\nStartLimitBurst=20\n\n[Service]\nType=notify\nNotifyAccess=main\n",
            description.replace('%', "%%")
        );
        if let Some(user) = self.user {
            let _ = writeln!(text, "User={user}");
        }
        for (name, value) in [("HOME", self.home)].iter().chain(self.variables) {
            let _ = writeln!(text, "Environment={}", word(&format!("{name}={value}")));
        }
        let _ = writeln!(text, "WorkingDirectory={}", self.folder.replace('%', "%%"));
        let _ = writeln!(text, "ExecStart={}", self.command_line(&name));
        let stop = (self.grace + FOR_AWSTOK).as_secs();
        let _ = write!(
            text,
            "# awstok ends COMMAND itself: only what is left then is killed\nKillMode=mixed\nTimeoutStopSec={stop}\n\
             TimeoutStartSec=5min\nWatchdogSec=1min\nRestart=on-failure\nRestartSec=5\n\
             RuntimeDirectory={name}\nRuntimeDirectoryMode=0700\nStateDirectory={name}\nStateDirectoryMode=0700\n\
             ReadWritePaths={}\n\n{HARDENING}\n[Install]\nWantedBy=multi-user.target\n",
            word(self.own)
        );
        text
    }

    fn command_line(&self, name: &str) -> String {
        let mut words =
            vec![word(self.program), "supervise".to_owned(), argument(&format!("--profile={}", self.profile))];
        words.extend(self.flags.iter().map(|flag| argument(flag)));
        words.push(format!("--expiry-file=%t/{name}/expiration"));
        words.push("--".to_owned());
        words.extend(self.command.iter().map(|text| argument(text)));
        words.join(" ")
    }
}

/// Quotes an argument of a command line: there, `$` begins a variable.
fn argument(text: &str) -> String {
    word(&text.replace('$', "$$"))
}

/// Quotes a word: `%` begins a specifier, and C's escapes hold between quotes.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,+@$".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '%' => quoted.push_str("%%"),
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_ascii_control() => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn on_one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads words as systemd does (`extract_first_word` with unquoting and C's escapes), then specifiers and variables.
    fn read(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut chars = line.chars().peekable();
        while let Some(&c) = chars.peek() {
            if c == ' ' {
                chars.next();
                continue;
            }
            let (mut word, mut quote) = (String::new(), None);
            while let Some(c) = chars.next() {
                match (c, quote) {
                    (' ', None) => break,
                    ('"' | '\'', None) => quote = Some(c),
                    (c, Some(open)) if c == open => quote = None,
                    ('\\', _) => word.push(match chars.next().unwrap() {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'x' => {
                            let digits: String = [chars.next().unwrap(), chars.next().unwrap()].iter().collect();
                            char::from(u8::from_str_radix(&digits, 16).unwrap())
                        }
                        c @ ('\\' | '"' | '\'') => c,
                        other => panic!("no escape: {other}"),
                    }),
                    (c, _) => word.push(c),
                }
            }
            assert_eq!(quote, None, "{line}");
            words.push(undouble(&undouble(&word, '%'), '$'));
        }
        words
    }

    fn undouble(text: &str, mark: char) -> String {
        let mut chars = text.chars();
        let mut result = String::new();
        while let Some(c) = chars.next() {
            if c == mark {
                assert_eq!(chars.next(), Some(mark), "a lone {mark} in {text}");
            }
            result.push(c);
        }
        result
    }

    proptest! {
        #[test]
        fn systemd_reads_the_arguments_that_were_given(arguments in prop::collection::vec("([ -~]|[\t\n\r\u{1}\u{7f}ä€💥;%$\\\\\"'])*", 0..6)) {
            let line: Vec<String> = arguments.iter().map(|text| argument(text)).collect();
            let line = line.join(" ");
            prop_assert!(!line.contains('\n') && !line.split(' ').any(|word| word == ";"));
            prop_assert_eq!(read(&line), arguments);
        }
    }

    #[test]
    fn words_are_quoted_only_where_they_must_be() {
        let cases = [
            ("/usr/bin/a-b_c", "/usr/bin/a-b_c"),
            ("", "\"\""),
            ("100%", "\"100%%\""),
            ("$HOME", "$$HOME"),
            ("a b", "\"a b\""),
            ("\\d \"x\" 'y'", "\"\\\\d \\\"x\\\" 'y'\""),
            (";", "\";\""),
            ("a\nb\u{1}", "\"a\\nb\\x01\""),
        ];
        for (text, quoted) in cases {
            assert_eq!(argument(text), quoted);
        }
    }

    #[test]
    fn the_first_word_keeps_its_dollar() {
        assert_eq!(word("/opt/$x/awstok"), "/opt/$x/awstok");
    }
}
