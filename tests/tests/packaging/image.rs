//! The layout of the image for containers; `make image` looks at the image itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;
use smoker_tests::cli;
use smoker_tests::machine::skip::program;

use crate::built::root;

/// Writes an image of a root with one file.
fn write(folder: &Path, name: &str) -> Vec<u8> {
    let image = folder.join(name);
    let mut command = Command::new("python3");
    command.arg(root().join("rc.d/packages/image/layout.py")).arg(folder.join("root.tar"));
    command.args(["3.0.0", "amd64", "999:998"]).arg(&image).env("SOURCE_DATE_EPOCH", "1700000000");
    cli::run(&mut command).expect_code(0);
    fs::read(image).expect("it was made")
}

/// The document that a descriptor names, in whose file is what the digest says.
fn blob(image: &Path, descriptor: &Json) -> Vec<u8> {
    let digest = descriptor["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:")).expect("a digest");
    let file = image.join("blobs/sha256").join(digest);
    let sum = cli::run(Command::new("sha256sum").arg(&file)).stdout;
    assert!(sum.starts_with(digest), "{sum}");
    let bytes = fs::read(file).expect("it is there");
    assert_eq!(Some(bytes.len()), descriptor["size"].as_u64().and_then(|size| size.try_into().ok()));
    bytes
}

fn document(image: &Path, descriptor: &Json) -> Json {
    serde_json::from_slice(&blob(image, descriptor)).expect("JSON")
}

#[test]
fn an_image_has_what_engines_read_and_is_the_same_again() {
    let Some(_) = program("python3", "apt-get install python3") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = folder.path();
    fs::write(at.join("hello"), "hello").expect("writable");
    let tar = |arguments: &[&str]| cli::run(Command::new("tar").args(arguments).current_dir(at)).expect_code(0);
    tar(&["-cf", "root.tar", "hello"]);
    let bytes = write(at, "image.tar");
    assert!(bytes == write(at, "again.tar"), "other bytes");
    fs::create_dir(at.join("image")).expect("writable");
    tar(&["-xf", "image.tar", "-C", "image"]);
    let image = at.join("image");
    let read = |name: &str| -> Json {
        serde_json::from_str(&fs::read_to_string(image.join(name)).expect("it is there")).expect("JSON")
    };
    assert_eq!(read("oci-layout")["imageLayoutVersion"], "1.0.0");
    let manifest = document(&image, &read("index.json")["manifests"][0]);
    let config = document(&image, &manifest["config"]);
    fs::write(at.join("layer.tar.gz"), blob(&image, &manifest["layers"][0])).expect("writable");
    let hello = cli::run(Command::new("tar").args(["-xzOf", "layer.tar.gz", "hello"]).current_dir(at)).stdout;
    assert_eq!(hello, "hello");
    let plain = cli::run(Command::new("sh").args(["-c", "gzip -dc layer.tar.gz | sha256sum"]).current_dir(at)).stdout;
    let of_layer =
        config["rootfs"]["diff_ids"][0].as_str().and_then(|id| id.strip_prefix("sha256:")).expect("a digest");
    assert!(plain.starts_with(of_layer), "{plain}");

    let settings = &config["config"];
    assert_eq!(config["architecture"], "amd64");
    assert_eq!(settings["User"], "999:998");
    assert_eq!(settings["StopSignal"], "SIGTERM");
    assert_eq!(settings["Healthcheck"]["Test"], serde_json::json!(["CMD", "smokercli", "-l"]));
    assert_eq!(config["created"], "2023-11-14T22:13:20Z");
    // What `docker load` of engines reads that know no OCI layout.
    let of_docker = &read("manifest.json")[0];
    let name =
        |descriptor: &Json| descriptor["digest"].as_str().map(|digest| format!("blobs/{}", digest.replace(':', "/")));
    assert_eq!(of_docker["Config"].as_str().map(str::to_owned), name(&manifest["config"]));
    assert_eq!(of_docker["Layers"][0].as_str().map(str::to_owned), name(&manifest["layers"][0]));
}
