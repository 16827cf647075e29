//! The floors of the runtime: each names only those below it, and ARCHITECTURE.md shows them as they are.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// From the ground up. Modules of one floor may name each other.
const FLOORS: [&[&str]; 9] = [
    &["passed", "sync", "guard"],
    &["report", "time"],
    &["scheduler"],
    &["cell"],
    &["process"],
    &["actor"],
    &["supervisor"],
    &["task", "registry", "agent", "group", "topic", "application"],
    &["run", "timer", "sys", "sim", "probe", "guide", "__private"],
];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The modules of the crate that a file names, its tests aside.
fn named(source: &str) -> Vec<String> {
    let code: String = source
        .split("mod tests {")
        .next()
        .unwrap()
        .lines()
        .map(|line| line.split("//").next().unwrap())
        .collect::<Vec<_>>()
        .join(" ");
    let mut named = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(group) => named.extend(members(group)),
            None => named.extend(first_word(after)),
        }
    }
    named
}

/// The first names of a group, up to its closing brace.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut members, mut member) = (0, Vec::new(), String::new());
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(std::mem::take(&mut member)),
            other => member.push(other),
        }
    }
    members.push(member);
    members.iter().filter_map(|member| first_word(member.trim())).collect()
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

fn visit(directory: &Path, file: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, file);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !["loom_tests.rs", "tests.rs", "model.rs", "lib.rs"].iter().any(|tests| path.ends_with(tests))
        {
            file(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn no_floor_names_one_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("otp/src");
    let mut climbing = Vec::new();
    visit(&root, &mut |path, source| {
        let path = path.strip_prefix(&root).unwrap();
        let module = path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let own = floor(module).unwrap_or_else(|| panic!("`{module}` stands on no floor"));
        for named in named(source) {
            match floor(&named) {
                Some(other) if other <= own => {}
                Some(_) => climbing.push(format!("{} names `{named}`, which is above it", path.display())),
                None => climbing.push(format!("{} names `crate::{named}`: say where it stands", path.display())),
            }
        }
    });
    assert!(climbing.is_empty(), "{}", climbing.join("\n"));
}

#[test]
fn the_picture_shows_the_floors() {
    let architecture = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let architecture = fs::read_to_string(architecture).unwrap();
    let lines: Vec<&str> = architecture.lines().map(str::trim).collect();
    let place = |floor: &[&str]| {
        let names: Vec<_> = floor.iter().copied().filter(|name| !name.starts_with('_')).collect();
        let names = names.join(" · ");
        lines.iter().position(|line| line.starts_with(&names)).unwrap_or_else(|| panic!("no line for `{names}`"))
    };
    assert!(FLOORS.iter().rev().map(|floor| place(floor)).is_sorted(), "the floors stand in another order");
}

/// Types of one name in several files are told apart by a path, which a reader does not see.
#[test]
fn no_name_stands_for_two_types() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("otp/src");
    let mut files: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    visit(&root, &mut |path, source| {
        let code = source.split("mod tests {").next().unwrap();
        for name in code.lines().filter_map(defined) {
            files.entry(name).or_default().insert(path.strip_prefix(&root).unwrap().to_owned());
        }
    });
    // Under `cfg(loom)` another one stands for it.
    files.remove("SpinLock");
    let twice: Vec<_> = files.iter().filter(|(_, files)| files.len() > 1).collect();
    assert!(files.len() > 300 && twice.is_empty(), "{twice:#?}");
}

/// The type that a line defines at the top of its file.
fn defined(line: &str) -> Option<String> {
    let (visibility, rest) = line.split_once(' ')?;
    let line = if visibility == "pub" || visibility.starts_with("pub(") { rest } else { line };
    let line = line.strip_prefix("crate) ").or(line.strip_prefix("super) ")).unwrap_or(line);
    let line = line.strip_prefix("in ").and_then(|line| line.split_once(' ')).map_or(line, |(_, rest)| rest);
    let name = ["struct ", "enum ", "trait ", "union "].iter().find_map(|kind| line.strip_prefix(kind))?;
    first_word(name)
}
