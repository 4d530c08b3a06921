//! The manual pages in `man/`: made of the help texts, one a command, and taken by `man` without a warning.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use awstok::cli::Cli;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::home::Home;
#[cfg(unix)]
use crate::home::Run;
#[cfg(unix)]
use crate::tools::tool;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("man")
}

/// Gives all pages by the names of their files.
fn pages() -> BTreeMap<String, String> {
    let mut all = Cli::command();
    all.build();
    let mut pages = BTreeMap::new();
    add(&all, &mut pages);
    pages
}

fn add(command: &Command, pages: &mut BTreeMap<String, String>) {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help") {
        add(inner, pages);
    }
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let man =
        Man::new(command.clone()).title(&name).manual("awstok").source(format!("awstok {}", env!("CARGO_PKG_VERSION")));
    let part = |render: &dyn Fn(&Man, &mut Vec<u8>)| {
        let mut bytes = Vec::new();
        render(&man, &mut bytes);
        // typed as it stands, not as a quotation mark; JSON may go on in the next line behind a comma
        String::from_utf8(bytes).unwrap().replace('`', "\\(ga").replace("\",\"", "\",\\:\"")
    };
    let mut page = String::from(".\\\" made of the help texts by `UPDATE=1 cargo test manual`\n");
    page += &part(&|man, out| man.render_title(out).unwrap());
    // lines aren't stretched, and what is to be typed isn't divided
    page += ".ad l\n.nh\n";
    page += &part(&|man, out| man.render_name_section(out).unwrap());
    let usage = command.clone().render_usage().to_string();
    writeln!(page, ".SH SYNOPSIS\n.nf\n{}\n.fi", escaped(usage.trim_start_matches("Usage: "))).unwrap();
    let long = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    page += ".SH DESCRIPTION\n";
    page += &in_roff(&long);
    if command.get_arguments().next().is_some() {
        page += &part(&|man, out| man.render_options_section(out).unwrap());
    }
    if command.has_subcommands() {
        page += &part(&|man, out| man.render_subcommands_section(out).unwrap());
    }
    if let Some(after) = command.get_after_help() {
        page += ".SH EXTRA\n";
        page += &in_roff(&after.to_string());
    }
    if name != "awstok" {
        page += ".SH SEE ALSO\n.BR awstok (1)\n";
    }
    pages.insert(format!("{name}.1"), page.replace(".SH EXTRA\n.PP\n.SH", ".SH").replace(".SH EXTRA\n.SH", ".SH"));
}

/// Writes a help text in the language of manual pages: lines that are indented stay lines, `Examples:` is a section.
fn in_roff(text: &str) -> String {
    let mut page = String::new();
    let mut as_is = false;
    for line in text.lines() {
        let is_indented = line.starts_with(' ');
        if as_is && !is_indented {
            page += ".fi\n.RE\n";
            as_is = false;
        }
        match line.trim_end() {
            "" => page += ".PP\n",
            "Examples:" => page += ".SH EXAMPLES\n",
            line => {
                if is_indented && !as_is {
                    page += ".RS 0\n.nf\n";
                    as_is = true;
                }
                let text = if is_indented { escaped(line) } else { emphasised(line) };
                writeln!(page, "{text}").unwrap();
            }
        }
    }
    page + if as_is { ".fi\n.RE\n" } else { "" }
}

/// Shows what stands between backticks in bold.
fn emphasised(line: &str) -> String {
    let parts = line.split('`').enumerate();
    parts.map(|(nth, part)| if nth % 2 == 1 { format!("\\fB{}\\fR", escaped(part)) } else { escaped(part) }).collect()
}

/// Escapes what means something to roff, or is drawn as another character than the one to type.
fn escaped(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| match c {
            '\\' => "\\e".to_owned(),
            '-' => "\\-".into(),
            '\'' => "\\(aq".into(),
            '`' => "\\(ga".into(),
            '^' => "\\(ha".into(),
            '~' => "\\(ti".into(),
            c => c.to_string(),
        })
        .collect();
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}

#[test]
fn the_pages_are_made_of_the_help_texts() {
    let pages = pages();
    let folder = folder();
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        for (name, page) in &pages {
            std::fs::write(folder.join(name), page).unwrap();
        }
    }
    let there = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut there: Vec<String> = there.collect();
    there.sort();
    assert_eq!(there, pages.keys().cloned().collect::<Vec<_>>(), "`UPDATE=1 cargo test manual` makes them anew");
    for (name, page) in pages {
        let found = std::fs::read_to_string(folder.join(&name)).unwrap().replace("\r\n", "\n");
        assert_eq!(found, page, "`UPDATE=1 cargo test manual` makes `man/{name}` anew");
    }
}

#[test]
fn every_command_of_the_help_has_a_page() {
    let all = Home::new().ok(&["--help"]);
    let (list, _) = all
        .split_once(
            "
Options of every command:",
        )
        .unwrap();
    let listed = list
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    let commands: Vec<String> = listed.map(|line| line.split("  ").next().unwrap().trim().replace(' ', "-")).collect();
    assert!(commands.len() > 20, "{commands:?}");
    let pages = pages();
    for command in commands {
        assert!(pages.contains_key(&format!("awstok-{command}.1")), "{command}");
    }
}

#[cfg(unix)]
#[test]
fn man_takes_each_without_a_warning() {
    let Some(man) = tool("man") else { return };
    let home = Home::new();
    for (name, page) in pages() {
        home.write(&name, page);
        let mut command = home.other(&man);
        command.args(["--warnings=w,mac", "-l", &name]).env("MANWIDTH", "100").env("LC_ALL", "C.UTF-8");
        let run = Run::of(command.output().unwrap());
        assert!(run.code == 0 && run.err.is_empty(), "{name}: {}", run.err);
        let text = run.out;
        assert!(text.contains("NAME") && text.contains("SYNOPSIS") && text.contains("OPTIONS"), "{name}: {text}");
        assert!(name == "awstok.1" || text.contains("awstok(1)"), "{name}: {text}");
        // a doubtful character would be left out or drawn as another
        for typed in ["eval \"$(awstok init bash)\"", "in ~/.bashrc"] {
            assert!(name != "awstok-init.1" || text.contains(typed), "{text}");
        }
    }
}
