//! Owns the diagnosis as people read it: the chain as a table, then the findings, each with what mends it.
//! It refuses control characters and anything that the report doesn't say.

use std::path::PathBuf;

use colored::{Color, Colorize as _};

use super::{Finding, Report, Severity};
use crate::ui::shown;
use crate::ui::table::{Cell, Table};

/// Writes a report.
pub fn page(report: &Report, shorten: &dyn Fn(&PathBuf) -> String, width: Option<usize>) -> String {
    let mut table = Table::new(["", "SOURCE", "REFRESHES", "WHAT IS SET"]);
    for link in &report.chain {
        let colored = |cell: Cell<'static>| if link.wins { cell.color(Color::Green) } else { cell };
        let mark = match (link.wins, link.present) {
            (true, _) => "→",
            (false, true) => "·",
            (false, false) => "",
        };
        let refreshes = match (link.present, link.refreshes) {
            (false, _) => "",
            (true, true) => "by itself",
            (true, false) => "no",
        };
        let detail = link.detail.as_deref().map(shown).unwrap_or_default();
        table.row([
            colored(Cell::from(mark)),
            colored(Cell::from(link.source.word())),
            Cell::from(refreshes),
            colored(Cell::from(detail)),
        ]);
    }
    let mut text = format!("{}\n", headline(report));
    text.push_str(&table.render(width));
    for finding in &report.findings {
        text.push('\n');
        text.push_str(&paragraph(finding, shorten));
    }
    text.push_str(&format!("\n{}\n", sum(report)));
    text
}

fn headline(report: &Report) -> String {
    let profile = shown(&report.profile);
    match (report.winner, &report.stop) {
        (Some(winner), _) => format!("`{profile}` gets its credentials from {}", winner.word().bold()),
        (None, Some(stop)) => format!("`{profile}` gets {}: {}", "no credentials".bold(), shown(stop)),
        (None, None) => format!("`{profile}` gets {}: nothing is set", "no credentials".bold()),
    }
}

fn paragraph(finding: &Finding, shorten: &dyn Fn(&PathBuf) -> String) -> String {
    let severity = match (finding.fixed, finding.severity) {
        (true, _) => "fixed".green().bold(),
        (false, Severity::Error) => "error".red().bold(),
        (false, Severity::Warning) => "warning".yellow().bold(),
        (false, Severity::Info) => "info".cyan().bold(),
    };
    let place = finding.file.as_ref().map(|file| {
        let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!(" {}{line}", shown(&shorten(&PathBuf::from(file))))
    });
    let mut text = format!("{severity}{} {}\n", place.unwrap_or_default(), format!("[{}]", finding.id).dimmed());
    text.push_str(&format!("  {}\n", shown(&finding.message)));
    if let Some(fix) = finding.fix.as_ref().filter(|_| !finding.fixed) {
        text.push_str(&format!("  {} {}\n", "fix:".bold(), shown(fix)));
    }
    text
}

fn sum(report: &Report) -> String {
    let count =
        |severity| report.findings.iter().filter(|finding| finding.severity == severity && !finding.fixed).count();
    let said = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let fixed = report.findings.iter().filter(|finding| finding.fixed).count();
    let fixable = report.findings.iter().filter(|finding| finding.fixable && !finding.fixed).count();
    let mut parts = vec![said(count(Severity::Error), "error"), said(count(Severity::Warning), "warning")];
    if fixed > 0 {
        parts.push(format!("{fixed} fixed (`awstok undo` takes changes of files back)"));
    }
    if fixable > 0 {
        parts.push(format!("`awstok doctor --fix` mends {fixable}"));
    }
    parts.join(", ")
}
