//! The daemon as a service: start, background, pidfile, ids, files, stop, and the managers that start it.

mod background;
mod files;
mod init;
mod notify;
mod pidfile;
mod privileges;
mod stop;
mod systemd;
mod unit;
