//! Sets a key in one section of a credentials file: every other byte stays, the change is atomic, and `awstok undo` takes it back.
//!
//! ```sh
//! cargo run --example edit_credentials -- SECTION KEY VALUE    # in the file that the AWS CLI would use
//! ```
#![allow(clippy::print_stdout)]

use anyhow::Context as _;
use awstok::awsfiles::AwsFiles;
use awstok::environment::Environment;
use awstok::paths::Paths;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [section, key, value] = arguments.as_slice() else {
        anyhow::bail!("usage: edit_credentials SECTION KEY VALUE")
    };
    let paths = Paths::from_environment(&Environment::of_this_process())?;
    let outcome = AwsFiles::new(&paths)
        .change("example", |drafts| {
            drafts.credentials()?.section(section)?.set(key, value.as_str())?;
            Ok(())
        })
        .context("the credentials file could not be changed")?;
    for path in outcome.changed {
        println!("changed {}", path.display());
    }
    Ok(())
}
