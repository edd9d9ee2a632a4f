//! The walls hold: between crates, between the rooms of a crate, and no import goes up or in a circle.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::crate_walls::{KEPT_IN, WALLS};
use crate::imports::{Crate, circles, is_upward, room};
use crate::repository;
use crate::rooms::{ROOMS, Room};

/// All crates, read once for all tests.
static CRATES: LazyLock<Vec<Crate>> = LazyLock::new(|| ROOMS.iter().map(|(name, _)| Crate::read(name)).collect());

fn crates() -> impl Iterator<Item = (&'static Crate, &'static [Room])> {
    CRATES.iter().zip(ROOMS.iter().map(|(_, rooms)| *rooms))
}

fn crate_of(name: &str) -> &'static Crate {
    CRATES.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("{name} has no rooms"))
}

#[test]
fn every_crate_has_its_tables() {
    let folders = fs::read_dir(repository::root().join("crates")).expect("a folder").flatten();
    for name in folders.filter_map(|entry| entry.file_name().into_string().ok()) {
        assert!(ROOMS.iter().any(|(listed, _)| *listed == name), "{name} has no rooms");
        assert!(WALLS.iter().any(|(listed, _, _)| *listed == name), "{name} has no walls");
    }
}

#[test]
fn a_crate_names_nothing_beyond_its_walls() {
    let mut broken = Vec::new();
    for (name, imported, refused) in WALLS {
        let ours = ROOMS.iter().map(|(other, _)| other.replace('-', "_"));
        let ours = ours.filter(|other| *other != name.replace('-', "_") && !imported.contains(&other.as_str()));
        let forbidden: Vec<_> = ours.chain(refused.iter().map(|path| (*path).to_owned())).collect();
        let manifest = repository::text(&format!("crates/{name}/Cargo.toml"));
        let (_, dependencies) = manifest.split_once("\n[dependencies]\n").expect("dependencies");
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        for path in &forbidden {
            let is_asked = |line: &&str| line.replace('-', "_").split(['.', ' ']).next() == Some(path.as_str());
            broken.extend(dependencies.lines().find(is_asked).map(|line| format!("{name}/Cargo.toml: {line}")));
        }
        for (file, path) in crate_of(name).foreign() {
            let is_forbidden = forbidden.iter().any(|forbidden| path.starts_with(&format!("{forbidden}::")));
            if is_forbidden {
                broken.push(format!("{name}/src/{file}: {path}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn no_program_prints_with_macros_that_panic_when_a_stream_is_full() {
    let mut broken = Vec::new();
    for file in repository::files("crates")
        .iter()
        .filter(|file| file.contains("/src/") && Path::new(file).extension().is_some_and(|end| end == "rs"))
    {
        for (line, text) in repository::text(file).lines().enumerate() {
            // `writeln!` has a result; the name of one of these in a comment has no parenthesis.
            if ["println!(", "print!("].iter().any(|name| text.contains(name)) {
                broken.push(format!("{file}:{}", line + 1));
            }
        }
    }
    assert!(broken.is_empty(), "use output.rs of the program, or writeln!: {broken:#?}");
}

#[test]
fn some_things_stay_in_one_room() {
    let mut broken = Vec::new();
    for (name, kept, allowed) in KEPT_IN {
        for (file, path) in crate_of(name).foreign() {
            let is_elsewhere = !allowed.iter().any(|allowed| file.starts_with(allowed));
            let is_kept = path.starts_with(&format!("{kept}::"));
            if is_kept && is_elsewhere {
                broken.push(format!("{name}/src/{file}: {path}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_room_imports_only_rooms_of_its_list() {
    let mut broken = Vec::new();
    for (it, rooms) in crates() {
        for (from, to) in it.arrows() {
            let allowed =
                rooms.iter().find(|(name, _)| *name == room(from)).map_or([].as_slice(), |(_, allowed)| allowed);
            let is_inside = room(from) == room(to) || room(from) == "lib" || room(to) == "lib";
            if !is_inside && !allowed.contains(&room(to)) {
                broken.push(format!("{}/src: {from} imports {to}", it.name));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_lists_of_rooms_name_imports_that_are_there_and_point_down() {
    let mut broken = Vec::new();
    for (it, rooms) in crates() {
        let arrows = it.arrows();
        for (at, (from, allowed)) in rooms.iter().enumerate() {
            for to in *allowed {
                if !arrows.iter().any(|arrow| (room(arrow.0), room(arrow.1)) == (*from, *to)) {
                    broken.push(format!("{}: {from} no longer imports {to}", it.name));
                }
                if rooms[..=at].iter().any(|(above, _)| above == to) {
                    broken.push(format!("{}: {from} is below {to}", it.name));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn no_file_imports_from_the_module_that_it_is_part_of() {
    let mut broken = Vec::new();
    for (it, _) in crates() {
        let up = it.arrows().into_iter().filter(|(from, to)| is_upward(from, to));
        broken.extend(up.map(|(from, to)| format!("{}/src: {from} imports {to}", it.name)));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// How long a file may be, with its unit tests.
const MAX_LINES: usize = 400;

/// How many sources a folder of a crate may have.
const MAX_SOURCES: usize = 14;

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for path in ["crates", "tests"].into_iter().flat_map(repository::files) {
        let is_source = Path::new(&path).extension().is_some_and(|end| end == "rs");
        let count = if is_source { repository::text(&path).lines().count() } else { continue };
        if count > MAX_LINES {
            long.push(format!("{path}: {count} lines"));
        }
    }
    assert!(long.is_empty(), "split what has more than {MAX_LINES} lines by its duties: {long:#?}");
}

#[test]
fn no_folder_of_a_crate_is_crowded() {
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    let is_source =
        |file: &&String| file.contains("/src/") && Path::new(file.as_str()).extension().is_some_and(|end| end == "rs");
    for file in repository::files("crates").iter().filter(is_source) {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        *folders.entry(folder.to_owned()).or_default() += 1;
    }
    let crowded: Vec<_> = folders.iter().filter(|(_, count)| **count > MAX_SOURCES).collect();
    assert!(crowded.is_empty(), "make folders of duties where there are more than {MAX_SOURCES} sources: {crowded:#?}");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for (it, _) in crates() {
        let circles = circles(&it.arrows());
        assert!(circles.is_empty(), "{}: {circles:#?}", it.name);
    }
}
