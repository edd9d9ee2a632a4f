//! `rc.d/init.d/smokerd` with the functions of the Linux Standard Base, and with a stand-in for Red Hat's.

use std::fs;

use crate::service::init::cases;
use crate::service::init::system::Kind::{RhelWithLsb, RhelWithStandIn};
use crate::service::init::system::in_every_shell;

#[test]
fn it_starts_and_stops() {
    in_every_shell(RhelWithLsb, cases::start_and_stop);
    in_every_shell(RhelWithStandIn, cases::start_and_stop);
}

#[test]
fn it_restarts() {
    in_every_shell(RhelWithLsb, cases::restart);
    in_every_shell(RhelWithStandIn, cases::restart);
}

#[test]
fn it_reloads() {
    in_every_shell(RhelWithLsb, cases::reload);
    in_every_shell(RhelWithStandIn, cases::reload);
}

#[test]
fn it_restarts_only_what_runs() {
    in_every_shell(RhelWithLsb, cases::conditional_restart);
    in_every_shell(RhelWithStandIn, cases::conditional_restart);
}

#[test]
fn it_knows_a_stale_pidfile() {
    in_every_shell(RhelWithLsb, cases::stale_pidfile);
    in_every_shell(RhelWithStandIn, cases::stale_pidfile);
}

#[test]
fn it_takes_no_other_process_for_the_daemon() {
    in_every_shell(RhelWithLsb, cases::number_of_another_process);
    in_every_shell(RhelWithStandIn, cases::number_of_another_process);
}

#[test]
fn it_makes_the_configuration_of_a_folder() {
    in_every_shell(RhelWithLsb, cases::generated_configuration);
    in_every_shell(RhelWithStandIn, cases::generated_configuration);
}

#[test]
fn it_tells_what_is_missing() {
    in_every_shell(RhelWithLsb, cases::what_is_missing);
    in_every_shell(RhelWithStandIn, cases::what_is_missing);
}

#[test]
fn it_refuses_what_it_cannot_do() {
    in_every_shell(RhelWithLsb, cases::bad_usage);
    in_every_shell(RhelWithStandIn, cases::bad_usage);
}

#[test]
fn it_tells_of_a_start_that_fails() {
    in_every_shell(RhelWithLsb, cases::taken_port);
    in_every_shell(RhelWithStandIn, cases::taken_port);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn it_tells_who_may_not() {
    in_every_shell(RhelWithLsb, cases::as_nobody);
    in_every_shell(RhelWithStandIn, cases::as_nobody);
}

#[test]
fn it_takes_overrides() {
    in_every_shell(RhelWithLsb, cases::overrides);
    in_every_shell(RhelWithStandIn, cases::overrides);
}

#[test]
fn it_takes_the_options_of_the_original() {
    in_every_shell(RhelWithLsb, cases::options_of_the_original);
    in_every_shell(RhelWithStandIn, cases::options_of_the_original);
}

#[test]
fn it_is_itself_by_any_link_and_in_any_environment() {
    in_every_shell(RhelWithLsb, cases::links_and_environment);
    in_every_shell(RhelWithStandIn, cases::links_and_environment);
}

#[test]
fn it_waits_for_the_end() {
    in_every_shell(RhelWithStandIn, cases::stop_waits);
}

#[test]
fn it_kills_a_daemon_that_does_not_stop() {
    in_every_shell(RhelWithStandIn, cases::a_daemon_that_does_not_stop);
}

#[test]
fn red_hats_words_are_used_where_its_functions_are() {
    in_every_shell(RhelWithStandIn, |system| {
        assert_eq!(system.expect("start", 0).stdout, "Starting smokerd: [  OK  ]\n");
        assert_eq!(system.expect("stop", 0).stdout, "Stopping smokerd: [  OK  ]\n");
        fs::remove_file(system.path("usr/sbin/smokerd")).expect("ours");
        assert_eq!(system.expect("reload", 7).stdout, "smokerd is not running: [FAILED]\n");
    });
}

#[test]
fn etc_sysconfig_counts_after_etc_default() {
    in_every_shell(RhelWithStandIn, |system| {
        system.defaults("PROG=first\nLOCKFILE={{DIR}}/lock");
        system.write("etc/sysconfig/smokerd", "PROG=second\n");
        assert_eq!(system.expect("status", 3).stdout, "second is not running\n");
        system.expect("start", 0);
        assert!(system.path("lock").exists());
    });
}
