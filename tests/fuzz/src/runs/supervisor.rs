//! The process that watches a worker, and keeps the input that it dies of.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use crate::limits;
use crate::runs::campaign::{Bounds, Figures, Found};
use crate::runs::position::Position;
use crate::target::Target;
use crate::trial::Failure;

/// How often the worker is looked at.
const BEAT: Duration = Duration::from_millis(50);

/// The worker's exit code when an input failed.
pub const FOUND: u8 = 3;

/// Where inputs that fail are written to.
#[must_use]
pub fn found_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fuzz")
}

/// Runs a campaign in a worker. `None`: an input failed, which has been told and written.
///
/// # Errors
///
/// When there is no worker, or its files cannot be written.
pub fn run(target: &Target, seed: u64, bounds: Bounds) -> io::Result<Option<Figures>> {
    let folder = found_folder();
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("position-{}-{seed}-{}", target.name, std::process::id()));
    let position = Position::create(&path)?;
    let mut worker = start(target, seed, bounds, &path)?;
    let ended = watch(&mut worker, &position);
    fs::remove_file(&path)?;
    let failure = match ended? {
        Some(status) if status.success() => {
            let mut told = String::new();
            worker.stdout.take().map(|mut out| out.read_to_string(&mut told)).transpose()?;
            return serde_json::from_str(&told).map(Some).map_err(io::Error::other);
        }
        Some(status) if status.code() == Some(i32::from(FOUND)) => return Ok(None),
        Some(status) => Failure::Fatal(format!("the process died of it: {status}")),
        None => Failure::Fatal(format!("it was not done after {:?}", limits::DEADLINE)),
    };
    keep(target, &Found { input: position.input()?, failure })?;
    Ok(None)
}

/// Writes an input that failed and tells of it.
///
/// # Errors
///
/// When it cannot be written.
pub fn keep(target: &Target, found: &Found) -> io::Result<()> {
    let mut hasher = DefaultHasher::new();
    found.input.hash(&mut hasher);
    let path = found_folder().join(format!("{}-{:016x}", target.name, hasher.finish()));
    fs::write(&path, &found.input)?;
    let path = path.canonicalize()?;
    eprintln!("{}: {}", target.name, found.failure);
    eprintln!("{}: the input has {} bytes: {:?}", target.name, found.input.len(), shown(&found.input));
    eprintln!("repeat with: cargo run --profile fuzz -p smoker-fuzz -- {} --reproduce {}", target.name, path.display());
    Ok(())
}

fn shown(input: &[u8]) -> String {
    String::from_utf8_lossy(&input[..input.len().min(400)]).into_owned()
}

fn start(target: &Target, seed: u64, bounds: Bounds, position: &Path) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(target.name).arg("--worker").arg(position).arg("--seed").arg(seed.to_string());
    if let Some(inputs) = bounds.inputs {
        command.arg("--inputs").arg(inputs.to_string());
    }
    if let Some(time) = bounds.time {
        command.arg("--seconds").arg(time.as_secs_f64().to_string());
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()
}

/// Waits for the worker's end; `None` when it hung and was killed.
fn watch(worker: &mut Child, position: &Position) -> io::Result<Option<ExitStatus>> {
    let mut last = (position.count(), Instant::now());
    loop {
        if let Some(status) = worker.try_wait()? {
            return Ok(Some(status));
        }
        let count = position.count();
        if count != last.0 {
            last = (count, Instant::now());
        } else if last.1.elapsed() > limits::DEADLINE {
            worker.kill()?;
            worker.wait()?;
            return Ok(None);
        }
        thread::sleep(BEAT);
    }
}
