//! `rc.d/init.d/smokerd-debian` with Debian's functions.

use crate::service::init::cases;
use crate::service::init::system::Kind::Debian;
use crate::service::init::system::in_every_shell;

#[test]
fn it_starts_and_stops() {
    in_every_shell(Debian, cases::start_and_stop);
}

#[test]
fn it_restarts() {
    in_every_shell(Debian, cases::restart);
}

#[test]
fn it_reloads() {
    in_every_shell(Debian, cases::reload);
}

#[test]
fn it_restarts_only_what_runs() {
    in_every_shell(Debian, cases::conditional_restart);
}

#[test]
fn it_knows_a_stale_pidfile() {
    in_every_shell(Debian, cases::stale_pidfile);
}

#[test]
fn it_takes_no_other_process_for_the_daemon() {
    in_every_shell(Debian, cases::number_of_another_process);
}

#[test]
fn it_makes_the_configuration_of_a_folder() {
    in_every_shell(Debian, cases::generated_configuration);
}

#[test]
fn it_tells_what_is_missing() {
    in_every_shell(Debian, cases::what_is_missing);
}

#[test]
fn it_refuses_what_it_cannot_do() {
    in_every_shell(Debian, cases::bad_usage);
}

#[test]
fn it_tells_of_a_start_that_fails() {
    in_every_shell(Debian, cases::taken_port);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn it_tells_who_may_not() {
    in_every_shell(Debian, cases::as_nobody);
}

#[test]
fn it_takes_overrides() {
    in_every_shell(Debian, cases::overrides);
}

#[test]
fn it_takes_the_options_of_the_original() {
    in_every_shell(Debian, cases::options_of_the_original);
}

#[test]
fn it_is_itself_by_any_link_and_in_any_environment() {
    in_every_shell(Debian, cases::links_and_environment);
}

#[test]
fn it_waits_for_the_end() {
    in_every_shell(Debian, cases::stop_waits);
}

#[test]
fn it_kills_a_daemon_that_does_not_stop() {
    in_every_shell(Debian, cases::a_daemon_that_does_not_stop);
}
