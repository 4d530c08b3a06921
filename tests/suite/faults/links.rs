//! Links stay links: the file behind them is what changes.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use super::{NONE, OLD, Stage, all_below, left_overs};

/// Makes a link to the first path at the second.
type Way = fn(&Path, &Path);

/// Moves both files into `folder` and puts links made by `link` in their place; gives the links and where they lead.
fn moved(stage: &Stage, folder: &Path, link: impl Fn(&Path, &Path)) -> Vec<(PathBuf, PathBuf)> {
    fs::create_dir_all(folder).unwrap();
    let places = ["credentials", "config"].map(|name| {
        let (place, real) = (stage.home.path(".aws").join(name), folder.join(format!("real-{name}")));
        fs::write(&real, fs::read(&place).unwrap()).unwrap();
        super::set_mode(&real, 0o600);
        fs::remove_file(&place).unwrap();
        link(&real, &place);
        (place.clone(), fs::read_link(&place).unwrap())
    });
    places.into()
}

fn check(stage: &Stage, folder: &Path, links: &[(PathBuf, PathBuf)], what: &str) {
    let expected = {
        let plain = Stage::outdated();
        let [credentials, config] = plain.renewed();
        [credentials.lines().count(), config.lines().count()]
    };
    stage.home.ok(&["token", "role"]);
    for (place, to) in links {
        assert_eq!(&fs::read_link(place).unwrap(), to, "{what}: the link stays");
    }
    let texts = stage.texts();
    assert_eq!([texts[0].lines().count(), texts[1].lines().count()], expected, "{what}: {texts:#?}");
    assert!(texts[0].contains("mine = stays") && texts[0].ends_with("key = value"), "{what}: {}", texts[0]);
    assert_eq!((left_overs(&stage.home), all_below(folder).len()), (vec![], 2), "{what}: {:?}", all_below(folder));
    stage.home.ok(&["undo"]);
    assert_eq!(stage.texts(), OLD, "{what}: undone");
    for (place, to) in links {
        assert_eq!(&fs::read_link(place).unwrap(), to, "{what}: the link stays");
    }
}

#[test]
fn relative_absolute_and_chained_links_stay() {
    let ways: [(&str, Way); 4] = [
        ("absolute", |real, place| symlink(real, place).unwrap()),
        ("relative", |real, place| symlink(Path::new("../dot/files").join(real.file_name().unwrap()), place).unwrap()),
        ("chained", |real, place| {
            let middle = place.with_extension("middle");
            symlink(real, &middle).unwrap();
            symlink(middle.file_name().unwrap(), place).unwrap();
        }),
        ("through a linked folder", |real, place| {
            let folder = place.with_extension("folder");
            symlink("../dot/files", &folder).unwrap();
            symlink(folder.join(real.file_name().unwrap()), place).unwrap();
        }),
    ];
    for (what, way) in ways {
        let stage = Stage::outdated();
        let folder = stage.home.path("dot/files");
        let links = moved(&stage, &folder, way);
        check(&stage, &folder, &links, what);
    }
}

/// The new file must be made beside the real one: a rename doesn't cross file systems.
#[test]
fn links_into_another_file_system_stay() {
    let stage = Stage::outdated();
    let other = ["/dev/shm", "/tmp", env!("CARGO_TARGET_TMPDIR")].map(Path::new).into_iter().find(|folder| {
        let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
        device(folder).is_some_and(|found| Some(found) != device(&stage.home.path("")))
    });
    let Some(folder) = other.and_then(|other| tempfile::tempdir_in(other).ok()) else {
        crate::tools::say_skipped("there is no second file system to write to");
        return;
    };
    let links = moved(&stage, folder.path(), |real, place| symlink(real, place).unwrap());
    check(&stage, folder.path(), &links, "another file system");
}

#[test]
fn the_whole_folder_may_be_a_link() {
    let stage = Stage::outdated();
    fs::rename(stage.home.path(".aws"), stage.home.path("dotfiles")).unwrap();
    symlink("dotfiles", stage.home.path(".aws")).unwrap();
    let new = stage.renewed();
    assert_eq!(fs::read_link(stage.home.path(".aws")).unwrap(), Path::new("dotfiles"));
    assert_eq!(stage.home.read("dotfiles/credentials"), new[0]);
}

#[test]
fn a_dangling_link_gets_its_file() {
    let stage = Stage::outdated();
    fs::create_dir(stage.home.path("there")).unwrap();
    for name in ["credentials", "config"] {
        fs::remove_file(stage.home.path(format!(".aws/{name}"))).unwrap();
        symlink(Path::new("../there").join(name), stage.home.path(format!(".aws/{name}"))).unwrap();
    }
    stage.home.ok(&["token", "role"]);
    for name in ["credentials", "config"] {
        assert!(stage.home.path(format!(".aws/{name}")).is_symlink());
        assert!(stage.home.read(&format!("there/{name}")).contains("role]"));
        assert_eq!(super::mode(&stage.home.path(format!("there/{name}"))), 0o600);
    }
    stage.home.ok(&["undo"]);
    assert_eq!(all_below(&stage.home.path("there")), NONE, "the files that weren't there are gone");
    assert!(stage.home.path(".aws/credentials").is_symlink(), "the link stays dangling");
}

#[test]
fn a_looping_link_is_refused_and_nothing_is_written() {
    for name in ["credentials", "config"] {
        let stage = Stage::outdated();
        let file = stage.home.path(format!(".aws/{name}"));
        fs::remove_file(&file).unwrap();
        symlink("loop", &file).unwrap();
        symlink(name, stage.home.path(".aws/loop")).unwrap();
        let err = stage.home.fails(3, &["token", "role"]);
        assert!(err.contains(&format!("/.aws/{name}`")) && err.contains("circle"), "{err}");
        assert_eq!(fs::read_link(&file).unwrap(), Path::new("loop"));
        let (other, old) = if name == "config" { ("credentials", OLD[0]) } else { ("config", OLD[1]) };
        assert_eq!(stage.home.read(&format!(".aws/{other}")), old);
    }
}
