//! Crontabs: each job becomes a plugin that runs at the same times, as the same account, with the same environment.

use std::path::Path;

use chrono::Utc;
use nix::unistd::{Gid, Group, User};
use smoker_model::calendar::cron::CronPattern;
use smoker_model::calendar::zone::Zone;
use smoker_model::value::Value;

use crate::import::cron_times;
use crate::import::imported::{Imported, ImportedPlugin};

/// What cron gives to jobs that set nothing else.
const PATH: &str = "/usr/bin:/bin";

/// How long a job may run, in seconds.
const LONGEST: i128 = 86_400;

/// The variable that names the zone of times.
const ZONE: &str = "CRON_TZ";

/// Reads a crontab: that of the system and the files of `cron.d` name an account in each line, that of an account does not.
pub(super) fn read(path: &Path, text: &str, imported: &mut Imported) {
    let has_account = path.parent().is_some_and(|folder| folder.ends_with("cron.d"))
        || path.file_name().is_some_and(|name| name == "crontab");
    let owner = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = path.file_stem().map_or_else(|| "cron".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut count = 0;
    for (index, line) in text.lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some((name, value)) = assignment(line) {
            if name == "MAILTO" || name == "MAILFROM" {
                imported.leave(path, number, line, "a result is kept and not mailed; add an Action to send it");
            } else {
                variables.retain(|(its, _)| *its != name);
                variables.push((name, value));
            }
            continue;
        }
        match job(line, has_account, &owner) {
            Err(reason) => imported.leave(path, number, line, &reason),
            Ok(_) if zone_of(&variables).is_some_and(|zone| Zone::named(zone).is_err()) => {
                imported.leave(path, number, line, "this machine has no data of the zone that CRON_TZ names above");
            }
            Ok(job) if !has_account && User::from_name(&job.account).ok().flatten().is_none() => {
                let reason =
                    format!("no account is named {owner}: name the file after its account, or add uid and gid by hand");
                imported.leave(path, number, line, &reason);
            }
            Ok(job) => {
                count += 1;
                let mut plugin = ImportedPlugin::new(&format!("{stem}-{count}"), path, number);
                fill(&mut plugin, &job, &variables);
                imported.add(plugin, path);
            }
        }
    }
    if count > 0 {
        imported.notes.push(format!("take the jobs out of {} once the plugins run, or they run twice", path.display()));
    }
}

/// The zone of the times.
fn zone_of(variables: &[(String, String)]) -> Option<&str> {
    variables.iter().find(|(name, _)| name == ZONE).map(|(_, zone)| zone.as_str())
}

/// A line of a crontab.
#[derive(Debug, PartialEq)]
struct Job {
    times: String,
    account: String,
    command: String,
}

fn job(line: &str, has_account: bool, owner: &str) -> Result<Job, String> {
    let mut rest = line;
    let mut next = || {
        rest = rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        rest = behind;
        word
    };
    // Some cron write nothing into the log of a job that begins with it.
    let first = next();
    let first = first.strip_prefix('-').unwrap_or(first);
    let times = if first.starts_with('@') {
        if first == "@reboot" {
            return Err("@reboot has no counterpart: a plugin runs by time".to_owned());
        }
        CronPattern::parse(first)?;
        first.to_owned()
    } else {
        let fields = [first, next(), next(), next(), next()];
        if fields.iter().any(|field| field.is_empty()) {
            return Err("it is no job: five fields for its times come first, or a word such as @daily".to_owned());
        }
        cron_times::of(fields)?
    };
    let account = if has_account { next() } else { owner };
    let account = account.trim_start_matches('-').to_owned();
    let command = command_of(rest.trim())?;
    if account.is_empty() || command.is_empty() {
        return Err("it has no command".to_owned());
    }
    if CronPattern::parse(&times)?.next_after(Utc::now(), &Zone::named("UTC")?).is_none() {
        return Err("its day never comes in its months, so cron never runs it".to_owned());
    }
    Ok(Job { times, account, command })
}

/// What is behind a percent sign is the input of the job; one with a backslash is a percent sign.
fn command_of(text: &str) -> Result<String, String> {
    let mut command = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('%')) => {
                chars.next();
                command.push('%');
            }
            ('%', _) => return Err("what is behind its percent sign is its input, and a plugin has none".to_owned()),
            _ => command.push(c),
        }
    }
    Ok(command)
}

fn fill(plugin: &mut ImportedPlugin, job: &Job, variables: &[(String, String)]) {
    let variable = |name: &str| variables.iter().find(|(its, _)| its == name).map(|(_, value)| value.as_str());
    let user = User::from_name(&job.account).ok().flatten();
    match variable("SHELL").filter(|shell| !matches!(*shell, "/bin/sh" | "/usr/bin/sh")) {
        Some(shell) => plugin.command(&format!("exec {shell} -c '{}'", job.command.replace('\'', r"'\''"))),
        None => plugin.command(&job.command),
    }
    plugin.text("Cron", &job.times);
    if let Some(zone) = zone_of(variables) {
        plugin.text("Timezone", zone);
    }
    // cron looks after no process, so daemons that a job starts stay.
    plugin.set("LeaveRunning", Value::Bool(true));
    // cron sets no limit.
    plugin.set("Timeout", Value::Int(LONGEST));
    plugin.text("uid", &job.account);
    let group = user.as_ref().map_or(Gid::from_raw(0), |user| user.gid);
    let group_name = Group::from_gid(group).ok().flatten().map(|group| group.name);
    plugin.text("gid", &user.as_ref().and(group_name).unwrap_or_else(|| job.account.clone()));
    let home = variable("HOME").map(str::to_owned);
    let home = home.or_else(|| user.map(|user| user.dir.display().to_string()));
    let mut environment: Vec<(String, String)> =
        variables.iter().filter(|(name, _)| !["SHELL", ZONE].contains(&name.as_str())).cloned().collect();
    let mut add = |name: &str, value: &str| {
        if !environment.iter().any(|(its, _)| its == name) {
            environment.push((name.to_owned(), value.to_owned()));
        }
    };
    add("PATH", PATH);
    add("LOGNAME", &job.account);
    if let Some(home) = &home {
        add("HOME", home);
    }
    if let Some(home) = home.filter(|home| home.starts_with('/')) {
        plugin.text("WorkDir", &home);
    }
    let environment = environment.into_iter().map(|(name, value)| (Value::Text(name), Value::Text(value)));
    plugin.set("Env", Value::Map(environment.collect()));
    plugin.text("Type", "job");
}

/// `NAME = value`, with or without quotes.
fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim().trim_matches(['"', '\'']);
    let is_name =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    let value = value.trim();
    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    (is_name && !name.is_empty()).then(|| (name.to_owned(), quoted.unwrap_or(value).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_keep_their_times_accounts_and_commands() {
        let found = job("*/5 1-3 * * mon root  test -x /x && echo 5\\%", true, "").expect("a job");
        let expected = ("*/5 1-3 * * mon", "root", "test -x /x && echo 5%");
        assert_eq!((found.times.as_str(), found.account.as_str(), found.command.as_str()), expected);
        let found = job("@daily echo x", false, "karel").expect("a job");
        assert_eq!((found.times.as_str(), found.account.as_str()), ("@daily", "karel"));
        let found = job("-*/90 0 * * * /bin/x &", false, "karel").expect("a job");
        assert_eq!((found.times.as_str(), found.command.as_str()), ("*/90 0 * * *", "/bin/x &"));
        for line in [
            "0 0 30 2 * x",
            "0 0 L * * x",
            "5/5 * * * * x",
            "@reboot x",
            "* * * *",
            "* * * * *",
            "1 2 3 4 5 cat%hello",
            "a=b c d e f g",
        ] {
            assert!(job(line, false, "karel").is_err(), "{line}");
        }
    }

    #[test]
    fn a_crontab_of_the_system_has_an_environment_and_accounts() {
        let mut imported = Imported::default();
        let text =
            "SHELL=/bin/bash\nCRON_TZ=Asia/Tokyo\nMAILTO=root\nPATH=\"/sbin:/bin\"\n17 * * * * root echo 'it''s'\n";
        read(Path::new("/etc/cron.d/x"), text, &mut imported);
        let plugin = &imported.plugins[0];
        let value = |name: &str| plugin.parameters.iter().find(|(its, _)| its == name).map(|(_, value)| value.clone());
        let text = |value: &str| Some(Value::Text(value.to_owned()));
        assert_eq!(plugin.name, "x-1");
        assert_eq!(value("Command"), text(r"exec /bin/bash -c 'echo '\''it'\'''\''s'\'''"));
        assert_eq!((value("Cron"), value("uid"), value("gid")), (text("17 * * * *"), text("root"), text("root")));
        assert_eq!((value("WorkDir"), value("Timezone")), (text("/root"), text("Asia/Tokyo")));
        assert!(!format!("{:?}", value("Env")).contains("CRON_TZ"));
        assert_eq!(value("LeaveRunning"), Some(Value::Bool(true)), "as with cron");
        assert_eq!(imported.untaken.len(), 1);
        read(Path::new("/etc/cron.d/y"), "CRON_TZ=Nowhere/City\n@daily root x\n", &mut imported);
        assert!(imported.untaken[1].reason.contains("CRON_TZ"), "{:?}", imported.untaken);
        read(Path::new("/tmp/no-such-account.txt"), "@daily x\n", &mut imported);
        assert!(
            imported.untaken[2].reason.contains("no account is named no-such-account.txt"),
            "{:?}",
            imported.untaken
        );
    }
}
