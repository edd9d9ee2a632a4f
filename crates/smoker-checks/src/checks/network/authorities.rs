//! Who is trusted over TLS: read once, and again when the file changes.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::checks::network::secure::Trust;

/// A file that has just been written may change once more without a sign: the clock of a file system ticks slowly.
const SETTLING_TIME: Duration = Duration::from_millis(100);

/// The authorities of a file, or those of the system.
#[derive(Debug)]
pub(crate) struct Authorities {
    ca_file: Option<PathBuf>,
    key: &'static str,
    read: Option<(Stamp, Trust)>,
}

/// Device, inode, size, seconds and nanoseconds of the last changes.
type FileStamp = (u64, u64, u64, (i64, i64), (i64, i64));

/// What is different after a file was written, replaced or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    path: Option<PathBuf>,
    file: Option<FileStamp>,
    /// Whether it may change and look the same.
    is_fresh: bool,
}

impl Authorities {
    /// Those of this file, which the configuration calls `key`, or those of the system. Nothing is read yet.
    pub(crate) fn of(ca_file: Option<&Path>, key: &'static str) -> Self {
        Self { ca_file: ca_file.map(Path::to_owned), key, read: None }
    }

    /// Who is trusted now, and whether these are others than at the call before. A file that cannot be used is an error for as long as it
    /// is that, whatever was trusted before: an authority that was taken out of it must not count.
    pub(crate) fn current(&mut self) -> Result<(&Trust, bool), String> {
        let path = match &self.ca_file {
            Some(path) => Some(path.as_path()),
            None => Trust::of_system(),
        };
        let stamp = Stamp::of(path);
        let mut is_new = false;
        if self.read.as_ref().is_none_or(|(before, _)| stamp.is_fresh || *before != stamp) {
            let before = self.read.take();
            let ca_file = self.ca_file.as_deref().map(|path| path.to_string_lossy().into_owned());
            let trust = Trust::of(ca_file.as_deref(), None)?.with_key(self.key);
            is_new = before.is_none_or(|(_, before)| !before.is_equal(&trust));
            self.read = Some((stamp, trust));
        }
        let (_, trust) = self.read.as_ref().ok_or("the authorities cannot be read")?;
        Ok((trust, is_new))
    }
}

impl Stamp {
    fn of(path: Option<&Path>) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let data = path.and_then(|path| fs::metadata(path).ok());
        let is_fresh = data.as_ref().is_some_and(|data| {
            let changed =
                Duration::new(data.ctime().try_into().unwrap_or(0), data.ctime_nsec().try_into().unwrap_or(0));
            now.saturating_sub(changed) < SETTLING_TIME
        });
        let file = data.map(|data| {
            let (modified, changed) = ((data.mtime(), data.mtime_nsec()), (data.ctime(), data.ctime_nsec()));
            (data.dev(), data.ino(), data.size(), modified, changed)
        });
        Self { path: path.map(Path::to_owned), file, is_fresh }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::checks::network::secure::tests::{CERTIFICATE, pem};

    fn certificate() -> String {
        pem("CERTIFICATE", CERTIFICATE)
    }

    /// What is trusted once the file has settled: what two calls give alike.
    fn settled(authorities: &mut Authorities) -> Trust {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let [first, second] = [(), ()].map(|()| authorities.current().expect("certificates").0.clone());
            if first.is_same(&second) {
                return first;
            }
            assert!(Instant::now() < end, "it is read for ever");
            thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn a_file_is_read_once_and_again_when_it_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ca.pem");
        let mut authorities = Authorities::of(Some(&file), "ca_file");
        let missing = authorities.current().expect_err("it is not there");
        assert!(missing.contains("ca.pem cannot be read: No such file"), "{missing}");
        fs::write(&file, certificate()).expect("writable");
        assert!(authorities.current().expect("certificates").1, "they are others than none");
        let first = settled(&mut authorities);
        assert!(settled(&mut authorities).is_same(&first), "it has not changed");

        fs::write(&file, certificate() + "\n").expect("writable");
        assert!(!authorities.current().expect("certificates").1, "another text with the same authorities");
        let second = settled(&mut authorities);
        assert!(!second.is_same(&first));
        fs::write(folder.path().join("new"), certificate()).expect("writable");
        fs::rename(folder.path().join("new"), &file).expect("the same folder");
        assert!(!settled(&mut authorities).is_same(&second), "another file has its name");
        fs::write(&file, "none").expect("writable");
        assert!(authorities.current().expect_err("no certificate").contains("has no certificate in PEM"));
        fs::remove_file(&file).expect("there");
        assert!(authorities.current().is_err());
        fs::write(&file, certificate()).expect("writable");
        assert!(authorities.current().is_ok());
    }

    #[test]
    fn those_of_the_system_are_read_once() {
        let mut authorities = Authorities::of(None, "ca_file");
        let first = settled(&mut authorities);
        assert!(settled(&mut authorities).is_same(&first));
    }
}
