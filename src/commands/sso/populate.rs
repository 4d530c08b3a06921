//! `awstok sso populate`: a profile file for each account and role that an access portal shows.
//! It refuses to touch a file that it didn't make, or that was edited since.

use serde_json::json;

use crate::app::App;
use crate::awsfiles::Preview;
use crate::broker::Broker;
use crate::error::{Result, usage};
use crate::partition::is_region_name;
use crate::paths::tilde;
use crate::population::{DEFAULT, Population, Row, Status, Template, Wish};
use crate::roster;
use crate::ui::{diff, shown};

use super::which::Which;

/// Make a profile for each account and role that is yours
///
/// Programs get their credentials by themselves with these profiles (`auto_refresh = yes`). What
/// some profile has already is left alone, and so is every file that wasn't made by this command
/// or was edited since. Running it again changes nothing; `awstok undo` takes it back.
///
/// Examples:
///   awstok sso populate --dry-run
///   awstok sso populate --name '{account_name}.{role}' --role Admin --region eu-central-1
///   awstok sso populate --prune           take away what is no longer yours
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// What the profiles are called, of {account_name} {account_id} {role} {session}
    #[arg(long = "name", id = "template", value_name = "TEMPLATE", default_value = DEFAULT)]
    template: Template,
    /// Only this account, by id or name; may be given again
    #[arg(long = "account", value_name = "A")]
    accounts: Vec<String>,
    /// Only this role; may be given again
    #[arg(long = "role", value_name = "R")]
    roles: Vec<String>,
    /// The region of the profiles [default: that of the settings, else the sign-in's]
    #[arg(long, value_name = "R")]
    region: Option<String>,
    /// Take away profiles made by this command whose account or role is no longer yours
    #[arg(long)]
    prune: bool,
    /// Show the diff and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON: [{"profile","account_id","role","status":"populated|exists|skipped|pruned","reason","file"}]
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        if let Some(region) = self.region.as_deref().filter(|region| !is_region_name(region)) {
            return Err(usage(format!("`{}` is no region", shown(region)))
                .hint("write the region's code, such as `--region eu-central-1`")
                .into());
        }
        let broker = Broker::new(app)?;
        let known = self.which.choose(app, broker.settings())?;
        let assigned = roster::assigned(app, &broker, &known)?;
        let wish = Wish {
            template: self.template.clone(),
            accounts: self.accounts.clone(),
            roles: self.roles.clone(),
            region: self.region.clone(),
            prune: self.prune,
        };
        let population = Population::plan(app, &known.sign_in, &assigned, &wish)?;
        if self.dry_run && !self.json {
            self.say(app, &population, true);
            let diff = |preview: &Preview| {
                let (before, after) = (preview.before.as_deref(), preview.after.as_deref());
                diff::unified(&tilde(&preview.path, &app.env), before.unwrap_or_default(), after.unwrap_or_default())
            };
            let text: String = population.preview()?.iter().map(diff).collect();
            return app.ui.print(if text.is_empty() { "nothing would change\n".to_owned() } else { text });
        }
        if !self.dry_run && !population.is_empty() {
            for warning in population.carry_out()? {
                app.ui.warn(&warning);
            }
        }
        if self.json {
            return app.ui.print_json(&population.rows().iter().map(|row| json_of(app, row)).collect::<Vec<_>>());
        }
        self.say(app, &population, false);
        Ok(())
    }

    fn say(&self, app: &App, population: &Population<'_>, rehearses: bool) {
        let would = if rehearses { "would have " } else { "" };
        let mut there = 0;
        for row in population.rows() {
            let (name, role) = (shown(&row.profile), format!("{} in {}", shown(&row.role), shown(&row.account_id)));
            match row.status {
                Status::Populated => app.ui.say(&format!("{would}made `{name}` ({role})")),
                Status::Pruned => app.ui.say(&format!("{would}taken away `{name}` ({role})")),
                Status::Exists => there += 1,
                Status::Skipped => {
                    let reason = shown(row.reason.as_deref().unwrap_or_default());
                    app.ui.warn(&format!("left `{name}` ({role}) alone: {reason}"));
                }
            }
        }
        if there > 0 {
            app.ui.say(&format!("{there} of the roles had a profile already"));
        }
        if population.rows().is_empty() {
            app.ui.say("no role is assigned to you");
        }
    }
}

fn json_of(app: &App, row: &Row) -> serde_json::Value {
    json!({
        "profile": row.profile,
        "account_id": row.account_id,
        "role": row.role,
        "status": row.status.word(),
        "reason": row.reason,
        "file": (row.status != Status::Skipped).then(|| app.paths.profile(&row.profile).display().to_string()),
    })
}
