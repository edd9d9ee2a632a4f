//! The proposal as a text that is read, and kept as a file.

use std::fmt::Write;
use std::path::Path;

use smoker_config::write::plugin_file;

use crate::suggest::host::Host;
use crate::suggest::proposals::Proposal;

/// A whole configuration.
pub(super) fn text(name: &str, host: &Host, proposals: &[Proposal]) -> String {
    let mut text = format!(
        "# What smokerd suggest proposes for {name}. Nothing of it has been run yet.\n\
         # Read it, remove what you do not want, keep it as a file, and look at it: smokerd --check -c FILE\n"
    );
    list(
        &mut text,
        "Jobs of cron: `Check: job` takes what they report, and smokerd import cron has smokerd run them",
        &host.jobs,
    );
    list(&mut text, "Certificates: Check: tls looks at those that a port shows", &host.certificates);
    if let Some(reason) = &host.failed_fault {
        let _ = writeln!(text, "# Units that have failed are not known: {}", shown(Path::new(reason)));
    }
    text.push_str("templates:\n  BasePlugin:\n    Interval: 60\n    Timeout: 30\n\nplugins:\n");
    for Proposal { name, why, parameters } in proposals {
        let _ = writeln!(text, "  {name}:");
        for line in plugin_file::text(why, parameters).lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

fn list<'a>(text: &mut String, about: &str, paths: impl IntoIterator<Item = &'a std::path::PathBuf>) {
    let mut paths = paths.into_iter().map(|path| shown(path)).peekable();
    if paths.peek().is_some() {
        let _ = writeln!(text, "# {about}:");
        paths.for_each(|path| {
            let _ = writeln!(text, "#   {path}");
        });
    }
}

/// A path in a comment, on its one line.
fn shown(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::suggest::proposals;

    #[test]
    #[cfg(target_endian = "little")]
    fn what_is_on_a_host_becomes_a_configuration_that_loads() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        let socket = |port: u16| format!("0: 00000000:{port:04X} 00000000:0000 0A\n");
        let sockets: String = [22, 80, 443, 5432, 8086, 9100, 40000].map(socket).concat();
        write("proc/net/tcp", &format!("head\n{sockets}"));
        write("proc/swaps", "Filename Type\n/dev/sda2 partition\n");
        write("etc/fstab", "# x\nUUID=1 / ext4 defaults 0 1\n");
        write("etc/systemd/system/multi-user.target.wants/nginx.service", "");
        write("etc/cron.d/back\nup", "");
        write("etc/letsencrypt/live/a.test/cert.pem", "");
        let mut host = Host::read(root.path());
        host.failed = vec!["backup.service".to_owned(), "srv-data.mount".to_owned()];
        host.failed_fault = Some("it\nhangs".to_owned());
        let proposed = text("web1", &host, &proposals::of(&host));
        let file = root.path().join("smokerd.yaml");
        fs::write(&file, &proposed).expect("a file");
        let config = smoker_config::config::load(&file, |_| None).unwrap_or_else(|error| panic!("{error}\n{proposed}"));
        let names: Vec<_> = config.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        let expected = [
            "Load",
            "Memory",
            "Disk",
            "Swap",
            "Mounts",
            "Services",
            "Failed",
            "Ssh",
            "Page",
            "Certificate",
            "Postgres",
            "Ports",
        ];
        assert_eq!(names, expected, "{proposed}");
        for line in [
            "backup.service",
            "srv-data.mount",
            "are not known: it?hangs",
            "127.0.0.1:5432",
            "#   /etc/cron.d/back?up",
            "#   /etc/letsencrypt/live/a.test/cert.pem",
        ] {
            assert!(proposed.contains(line), "{line}: {proposed}");
        }
        assert!(proposed.contains("nginx") && proposed.contains("9100") && !proposed.contains("40000"), "{proposed}");
        assert_eq!(proposals::of(&Host::read(&root.path().join("nothing"))).len(), 3);
    }
}
