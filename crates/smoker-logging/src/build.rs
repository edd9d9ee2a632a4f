//! A plan becomes a router and the writers behind it.

use std::io;
use std::sync::{Arc, OnceLock};

use crate::append_file::Owner;
use crate::descriptor;
use crate::file::plain::PlainFile;
use crate::file::sized::SizedFile;
use crate::file::timed::TimedFile;
use crate::level::Level;
use crate::logger_names::LoggerNames;
use crate::plan::{FilePlan, HandlerPlan, Plan, Target, Turnover};
use crate::queue::Queue;
use crate::router::{self, Handler, Router};
use crate::sink::Sink;
use crate::stream::StreamSink;
use crate::syslog::sink::SyslogSink;
use crate::syslog::system::SystemSink;
use crate::writer::{Complain, Writer};

/// Opens what the plan names. Files that are made belong to `owner`.
pub(crate) fn build(plan: Plan, names: &'static LoggerNames, owner: Option<Owner>) -> (Arc<Router>, Vec<Writer>) {
    // Writers complain to the router, which knows their queues.
    let known: Arc<OnceLock<Arc<Router>>> = Arc::default();
    let (mut handlers, mut writers) = (Vec::new(), Vec::new());
    for (place, HandlerPlan { name, level, formatter, target }) in plan.handlers.into_iter().enumerate() {
        let queue = Arc::<Queue>::default();
        match sink(&target, owner) {
            None => queue.ignore(),
            Some(sink) => {
                let complain = complain(&known, place);
                let (name, queue) = (name.clone(), Arc::clone(&queue));
                let program = names.program;
                writers.push(Writer {
                    name,
                    program,
                    sink,
                    formatter,
                    queue,
                    complain,
                    failures: Vec::new(),
                    complaint: None,
                });
            }
        }
        handlers.push(Handler { name, level, queue });
    }
    let router = Arc::new(Router { names, loggers: router::sorted(plan.loggers), handlers });
    let router = Arc::clone(known.get_or_init(|| router));
    for writer in &mut writers {
        writer.open();
    }
    (router, writers)
}

fn complain(known: &Arc<OnceLock<Arc<Router>>>, about: usize) -> Box<Complain> {
    let known = Arc::clone(known);
    Box::new(move |level: Level, text: String| match known.get() {
        Some(router) => router.complain(about, level, text),
        None => descriptor::write_if_read(io::stderr(), &format!("{}: {text}\n", level.name())),
    })
}

/// What lines are written to; none: they go nowhere, as was asked for.
fn sink(target: &Target, owner: Option<Owner>) -> Option<Box<dyn Sink>> {
    Some(match target {
        Target::Null => return None,
        Target::Console => Box::new(StreamSink::console()),
        Target::Stream(stream) => Box::new(StreamSink::of(*stream)),
        Target::Syslog(address, facility) => Box::new(SyslogSink::new(address.clone(), *facility)),
        Target::System => Box::new(SystemSink::new()),
        Target::File(plan) => file(plan, owner),
    })
}

fn file(plan: &FilePlan, owner: Option<Owner>) -> Box<dyn Sink> {
    match plan.turnover {
        Turnover::None => Box::new(PlainFile::new(plan, owner, false)),
        Turnover::Watched => Box::new(PlainFile::new(plan, owner, true)),
        Turnover::BySize { most, backups } => Box::new(SizedFile::new(plan, owner, most, backups)),
        Turnover::ByTime { when, interval, backups, is_utc } => {
            Box::new(TimedFile::new(plan, owner, (when, interval, is_utc), backups))
        }
    }
}
