//! A real browser on its way through a sign-in: Chromium follows the redirect to awstok's page and shows it.

use std::time::{Duration, Instant};

use super::*;
use crate::tools::tool;

#[test]
fn chromium_comes_back_to_a_page_that_says_what_happened() {
    let Some(chromium) = tool("chromium") else { return };
    let (sandbox, mut home) = house(center().approval(Approval::AtOnce));
    let script = format!(
        "#!/bin/sh\n'{}' --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-extensions \
         --user-data-dir=\"$HOME/chromium\" --dump-dom \"$1\" > \"$HOME/page.new\" 2> \"$HOME/page.err\"\n\
         mv \"$HOME/page.new\" \"$HOME/page\"\n",
        chromium.display()
    );
    home.write("browser", script);
    home.set("BROWSER", format!("/bin/sh {} %s", home.path("browser").display()));
    let run = home.run(&["sso", "login", "--session", "corp"]);
    assert!(run.code == 0 && run.err.contains("signed in to `corp`"), "{run:#?}");
    let end = Instant::now() + Duration::from_secs(60);
    while !home.exists("page") {
        assert!(Instant::now() < end, "{}", home.read("page.err"));
        std::thread::sleep(Duration::from_millis(50));
    }
    let page = home.read("page");
    assert!(page.contains("<title>Signed in") && page.contains("close"), "{page}");
    assert!(!page.contains("<script") && !page.contains("code="), "{page}");
    let called = called(&sandbox);
    // a browser asks for pages that nobody asked it to
    let called: Vec<&str> = called.iter().map(String::as_str).filter(|action| !action.is_empty()).collect();
    assert_eq!(called, ["RegisterClient", "Authorize", "CreateToken"]);
    assert!(file_json(&home, &token_file("corp"))["refreshToken"].is_string());
    home.ok(&["env", "dev", "--format", "json"]);
}
