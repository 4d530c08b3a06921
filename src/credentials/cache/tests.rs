//! Entries as they are written, read and judged.

use super::*;
use crate::credentials::tests::{House, session};
use crate::flight::Flight;

fn stored(house: &House) -> (Cache, Identity) {
    let (cache, identity) = (Cache::new(&house.paths), house.identities().remove(0));
    let flight = Flight::enter(&cache.lock_file(&identity), None).unwrap();
    cache.store(&identity, "ann", &session("one", house.now(), 3_600), flight.lock()).unwrap();
    (cache, identity)
}

#[test]
fn a_session_reads_back() {
    let house = House::new();
    let (cache, identity) = stored(&house);
    let found = cache.read(&identity).unwrap();
    assert_eq!(found.credentials.session_token(), Some("one"));
    assert_eq!(found.issued_at, house.now());
    assert_eq!(found.expiration().unwrap().duration_since(house.now()).as_secs(), 3_600);
    assert_eq!(found.account_id(), Some("123456789012"));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::new();
    let (cache, identity) = stored(&house);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&cache.file(&identity)), mode(&cache.folder)), (0o600, 0o700));
}

#[test]
fn what_cant_be_used_counts_as_nothing() {
    let house = House::new();
    let (cache, identity) = stored(&house);
    let file = cache.file(&identity);
    let good = std::fs::read_to_string(&file).unwrap();
    for end in 0..good.len() - 1 {
        std::fs::write(&file, &good[..end]).unwrap();
        assert!(cache.read(&identity).is_none(), "{end}");
    }
    let hostile = [
        good.replace("\"one\"", "\"a\\nb\""),
        good.replace("\"one\"", "\"[x]\""),
        good.replace("\"version\":1", "\"version\":2"),
        good.replace("ASIA", "AS IA"),
        good.replace("Z\"", "9999\""),
        "[]".into(),
        "x".repeat(70_000),
    ];
    for text in hostile {
        std::fs::write(&file, &text).unwrap();
        assert!(cache.read(&identity).is_none(), "{text}");
    }
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert!(cache.read(&identity).is_none());
}

#[test]
fn forgetting_takes_the_named_profiles_only() {
    let house = House::new();
    let (cache, identity) = stored(&house);
    std::fs::write(cache.folder.join("notes.json"), "mine").unwrap();
    let forget = |name: &str| cache.forget_profiles(&[name.to_owned()]).unwrap();
    assert_eq!((forget("bob"), forget("ann"), forget("ann")), (0, 1, 0));
    assert!(cache.read(&identity).is_none() && cache.folder.join("notes.json").exists());
}
