//! Older copies that lose a line: they stay what an undo puts back.

use crate::awsfiles::{AwsFiles, edited, rewrite_copies, undo};
use crate::locked_file::Mode;
use crate::paths::Paths;

const FIRST: &str = "[ann]\nregion = a\nsecret = canary\n";

/// A home whose file was changed by two runs; the last one leaves it without the line.
fn changed(home: &tempfile::TempDir) -> (Paths, std::path::PathBuf) {
    let paths = Paths::from_environment(&[("HOME", home.path())].into_iter().collect()).unwrap();
    let file = paths.profile("ann");
    std::fs::create_dir_all(&paths.profiles).unwrap();
    std::fs::write(&file, FIRST).unwrap();
    let moved = "secret move ann";
    for (key, value, command) in
        [("region", Some("b"), "edit"), ("output", Some("json"), "edit"), ("secret", None, moved)]
    {
        let change = AwsFiles::new(&paths).with(&file, Mode::Secret).change(command, |drafts| {
            let section = drafts.file(&file)?.section("ann")?;
            match value {
                Some(value) => section.set(key, value)?,
                None => section.remove(key),
            };
            Ok(())
        });
        assert!(change.unwrap().entry.is_some());
    }
    (paths, file)
}

fn rewrite(paths: &Paths, times: usize) {
    for _ in 0..times {
        rewrite_copies(paths, &|path, bytes| {
            edited(path, bytes, |draft| {
                draft.section("ann")?.remove("secret");
                Ok(())
            })
            .unwrap()
        })
        .unwrap();
    }
}

#[test]
fn they_lose_it_and_an_undo_knows_its_changes() {
    let home = tempfile::tempdir().unwrap();
    let (paths, file) = changed(&home);
    rewrite(&paths, 2);
    for entry in std::fs::read_dir(paths.journal()).unwrap() {
        let text = String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap()).into_owned();
        assert!(!text.contains("canary"), "{text}");
    }
    assert!(undo(&paths, false).unwrap_err().to_string().contains("`secret move ann` isn't undone"));
    // without it the ones before are undone, one by one
    std::fs::remove_file(paths.journal().join("00000003")).unwrap();
    for text in ["[ann]\nregion = b\n", "[ann]\nregion = a\n"] {
        assert!(undo(&paths, false).unwrap().is_some());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn what_somebody_else_wrote_since_is_still_refused() {
    let home = tempfile::tempdir().unwrap();
    let (paths, file) = changed(&home);
    std::fs::write(&file, "[ann]\nregion = mine\n").unwrap();
    rewrite(&paths, 1);
    std::fs::remove_file(paths.journal().join("00000003")).unwrap();
    assert!(undo(&paths, false).unwrap_err().to_string().contains("was changed by somebody else"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "[ann]\nregion = mine\n");
}
