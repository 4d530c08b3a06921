//! The profiles folder, and the examples that everybody begins with.
#![allow(clippy::disallowed_methods)] // files to read have to be written first

use std::fs;

use super::*;

#[test]
fn the_examples_are_profiles_as_described() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles.example");
    let settings = Settings::default();
    let (profiles, errors) = load_all(&dir, &settings).unwrap();
    assert!(errors.is_empty(), "{errors:?}");
    let kinds: Vec<_> = profiles.iter().map(|profile| (profile.name.as_str(), profile.kind)).collect();
    let expected = [
        ("ci", Kind::User),
        ("ci-oidc", Kind::WebIdentity),
        ("developer", Kind::Sso),
        ("instance", Kind::Source),
        ("mainuser", Kind::User),
        ("prod", Kind::Role),
        ("prod-audit", Kind::Role),
    ];
    assert_eq!(kinds, expected);
    assert!(profiles.iter().all(|profile| profile.warnings.is_empty()));
    // the instance itself says in which account it is
    let unknown: Vec<_> =
        profiles.iter().filter(|profile| profile.account_id.is_none()).map(|it| it.name.as_str()).collect();
    assert_eq!(unknown, ["instance"]);
    let mut folder = Folder { dir: &dir, settings: &settings, config: Path::new("config"), home: None };
    let mut steps = |name: &str| shown(&plan(name, &Request::default(), &mut folder).unwrap());
    let session = "mainuser → session mainuser 12h code(arn:aws:iam::111122223333:mfa/mainuser)";
    assert_eq!(steps("ci"), "ci");
    assert_eq!(steps("mainuser"), session);
    assert_eq!(steps("prod"), format!("{session} → role/administrator 1h"));
    assert_eq!(steps("prod-audit"), format!("{session} → role/administrator 1h → role/team/audit 30m"));
}

#[test]
fn only_profile_files_have_names() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["prod", ".hidden", "prod~", "prod.bak", ".prod.swp", "b.swp", "a b", "DEFAULT", "alpha"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    fs::create_dir(dir.path().join("folder")).unwrap();
    assert_eq!(names(dir.path()).unwrap(), ["DEFAULT", "alpha", "prod"]);
    assert!(names(&dir.path().join("missing")).unwrap().is_empty());
    let (profiles, errors) = load_all(dir.path(), &Settings::default()).unwrap();
    assert_eq!((profiles.len(), errors.len()), (0, 3));
}

#[test]
fn a_missing_profile_names_the_nearest() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    let failure = |name: &str| crate::error::render(&load(dir.path(), name, &settings).unwrap_err());
    assert!(failure("prod").contains("awstok profile add"));
    fs::write(dir.path().join("prod"), "[prod]\nrole_arn = arn:aws:iam::123456789012:role/r\nmaster_profile = an\n")
        .unwrap();
    fs::write(dir.path().join("ann"), "[ann]\n").unwrap();
    assert!(failure("prd").contains("hint: did you mean `prod`?"), "{}", failure("prd"));
    assert!(failure("../prod").contains("can't be a profile's name"));
    let mut folder = Folder { dir: dir.path(), settings: &settings, config: Path::new("config"), home: None };
    let error = plan("prod", &Request::default(), &mut folder).unwrap_err();
    let said = crate::error::render(&error);
    assert!(said.contains("`master_profile` names the profile `an`") && said.contains("did you mean `ann`?"), "{said}");
}

#[cfg(unix)]
#[test]
fn odd_files_are_reported_and_none_is_waited_for() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let settings = Settings::default();
    fs::write(at("wide"), "[wide]\n").unwrap();
    fs::set_permissions(at("wide"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(at("narrow"), "[narrow]\n").unwrap();
    fs::set_permissions(at("narrow"), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(load(dir.path(), "wide", &settings).unwrap().wide && !load(dir.path(), "narrow", &settings).unwrap().wide);
    fs::write(at("large"), vec![b'#'; 1_100_000]).unwrap();
    fs::create_dir(at("folder")).unwrap();
    symlink("loop", at("loop")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    for (name, what) in [
        ("large", "larger than 1 MiB"),
        ("folder", "is no file"),
        ("loop", "can't read"),
        ("dangling", "no profile `dangling`"),
    ] {
        let error = load(dir.path(), name, &settings).unwrap_err();
        assert_eq!(kind_of(&error), crate::error::Kind::Invalid);
        assert!(crate::error::render(&error).contains(what), "{error}");
    }
}

#[test]
fn policies_are_found_from_home_and_from_the_folder() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("profiles");
    fs::create_dir(&dir).unwrap();
    fs::write(home.path().join("a.json"), "home").unwrap();
    fs::write(dir.join("a.json"), "folder").unwrap();
    let mut folder =
        Folder { dir: &dir, settings: &Settings::default(), config: Path::new("config"), home: Some(home.path()) };
    assert_eq!(folder.read_policy("~/a.json").unwrap(), "home");
    assert_eq!(folder.read_policy("a.json").unwrap(), "folder");
    assert_eq!(folder.read_policy(home.path().join("a.json").to_str().unwrap()).unwrap(), "home");
    assert!(folder.read_policy("missing").is_err());
}
