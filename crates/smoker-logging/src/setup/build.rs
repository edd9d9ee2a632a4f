//! A plan becomes a router and the writers behind it.

use std::io;
use std::sync::{Arc, OnceLock};

use crate::output::descriptor;
use crate::output::file::plain::PlainFile;
use crate::output::file::sized::SizedFile;
use crate::output::file::timed::TimedFile;
use crate::output::sink::Sink;
use crate::output::stream::StreamSink;
use crate::output::syslog::sink::SyslogSink;
use crate::output::syslog::system::SystemSink;
use crate::plan::logging_plan::{HandlerPlan, Plan};
use crate::plan::target::{FilePlan, Rotation, Target};
use crate::records::level::Level;
use crate::records::logger_names::LoggerNames;
use crate::routing::queue::Queue;
use crate::routing::router::{self, Handler, Router};
use crate::routing::writer::{Complain, Writer};
use smoker_paths::resolved_path::Owner;

/// Opens what the plan names. Files that are made belong to `owner`.
pub(crate) fn build(plan: Plan, names: &'static LoggerNames, owner: Option<Owner>) -> (Arc<Router>, Vec<Writer>) {
    // Writers complain to the router, which knows their queues.
    let known: Arc<OnceLock<Arc<Router>>> = Arc::default();
    let (mut handlers, mut writers) = (Vec::new(), Vec::new());
    for (place, HandlerPlan { name, level, formatter, target }) in plan.handlers.into_iter().enumerate() {
        let queue = Arc::<Queue>::default();
        match sink(&target, names.program, owner) {
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
                    is_absent: false,
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
        None => descriptor::write_without_waiting(io::stderr(), &format!("{}: {text}\n", level.name())),
    })
}

/// What lines are written to; none if the handler is to write nothing.
fn sink(target: &Target, program: &str, owner: Option<Owner>) -> Option<Box<dyn Sink>> {
    Some(match target {
        Target::Null => return None,
        Target::Console => Box::new(StreamSink::console()),
        Target::Stream(stream) => Box::new(StreamSink::of(*stream)),
        Target::Syslog(address, facility) => Box::new(SyslogSink::new(address.clone(), *facility)),
        Target::System => Box::new(SystemSink::new(program)),
        Target::File(plan) => file(plan, owner),
    })
}

fn file(plan: &FilePlan, owner: Option<Owner>) -> Box<dyn Sink> {
    match plan.rotation {
        Rotation::None => Box::new(PlainFile::new(plan, owner, false)),
        Rotation::Watched => Box::new(PlainFile::new(plan, owner, true)),
        Rotation::BySize { max_bytes, backups } => Box::new(SizedFile::new(plan, owner, max_bytes, backups)),
        Rotation::ByTime { interval, backups } => Box::new(TimedFile::new(plan, owner, interval, backups)),
    }
}
