//! Owns how the released program is linked on Linux, where starting takes longer than what a cached command does then.
//! It refuses to bet on a linker: each setting is tried on a program of one line, which must link and run, and else is left out.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // a build script speaks to cargo, and writes below OUT_DIR alone

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=link/often.ld");
    println!("cargo:rerun-if-env-changed={SYMBOLS}");
    for setting in settings().unwrap_or_default() {
        println!("cargo:rustc-link-arg-bins={setting}");
    }
}

/// Set, it lets the program keep its symbols, for `link/often.py`. A profile that keeps them would give functions other names.
const SYMBOLS: &str = "AWSTOK_SYMBOLS";

/// Gives the settings that hold here; `None` for other systems and for builds that are not released.
fn settings() -> Option<Vec<String>> {
    let given = |name: &str| std::env::var(name).ok();
    let here = given("HOST") == given("TARGET")
        && given("CARGO_CFG_TARGET_OS")? == "linux"
        && given("CARGO_CFG_TARGET_ENV")? == "gnu"
        && given("PROFILE")? == "release";
    if !here {
        return None;
    }
    let out = PathBuf::from(given("OUT_DIR")?);
    let root = given("CARGO_MANIFEST_DIR")?;
    let wanted = [
        // The shared library of GCC asks the processor what it is before `main`; each question is a trap on a virtual machine.
        // Nothing here unwinds but a panic's backtrace: that code is taken into the program.
        format!("-L{}", unwinder(&out)?.display()),
        // 10,000 addresses to adjust at each start, in 250 KB as they are written without
        "-Wl,-z,pack-relative-relocs".to_owned(),
        // what cached commands run through lies side by side, and comes into memory with few faults
        format!("-Wl,-T,{root}/link/often.ld"),
    ];
    let mut taken = Vec::new();
    for setting in wanted {
        taken.push(setting);
        if !runs(&out, &taken) {
            taken.pop();
        }
    }
    if given(SYMBOLS).is_some() {
        // linkers go by the last word on what is stripped
        taken.push("-Wl,--strip-debug".to_owned());
    }
    Some(taken)
}

/// Makes a folder in which the linker finds GCC's static unwinder under the name of the shared one.
fn unwinder(out: &Path) -> Option<PathBuf> {
    let folder = out.join("unwinder");
    std::fs::create_dir_all(&folder).ok()?;
    std::fs::write(folder.join("libgcc_s.so"), "INPUT(libgcc_eh.a libgcc.a)\n").ok()?;
    Some(folder)
}

/// Tells whether a program linked so can be made and run here.
fn runs(out: &Path, settings: &[String]) -> bool {
    let (source, program) = (out.join("trial.rs"), out.join("trial"));
    if std::fs::write(&source, "fn main() { println!(\"{}\", std::env::args().count()); }\n").is_err() {
        return false;
    }
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "-C", "panic=abort", "-o"]).arg(&program).arg(&source);
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = std::env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    rustc.args(settings.iter().map(|setting| format!("-Clink-arg={setting}")));
    succeeds(&mut rustc) && succeeds(&mut Command::new(program))
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
