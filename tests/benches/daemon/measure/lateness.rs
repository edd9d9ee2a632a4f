//! How late checks begin, all of them once a second and one of them hanging,
//! against bare timers that start the same commands.

use std::thread;
use std::time::Duration;

use smoker_tests::sandbox::Sandbox;

use crate::bare_side::schedule;
use crate::boot::{self, Program};
use crate::pairs::{FEW, Pairs, by_turns};
use crate::plan::{INTERVAL, Plan};
use crate::stamps::{self, Stamps};
use crate::statistics::percentile;
use crate::table::{Goal, Row, Table};
use crate::usage::Busy;

/// What goes by before it counts: every check has begun once by then.
const WARM_UP: Duration = Duration::from_millis(1200);

/// How long it counts.
const WINDOW: Duration = Duration::from_millis(2500);

/// What one window showed.
#[derive(Debug)]
struct Sample {
    /// Milliseconds.
    p50: f64,
    /// Milliseconds.
    p99: f64,
    /// Planned runs that did not begin before the next was due, in percent.
    lost: f64,
    /// How busy all processors were, in percent.
    busy: Result<f64, String>,
}

/// Fills in the rows of both sizes.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    for (count, goal) in [(300, Goal::Under(20.0, "ms")), (1000, Goal::None)] {
        let samples = by_turns(FEW, || ours(program, count), || bare(count));
        let pairs = |figure: fn(&Sample) -> Result<f64, String>| {
            samples.as_ref().map_err(Clone::clone).and_then(|samples| Pairs::of(samples, figure))
        };
        let name = format!("lateness p50, {count} plugins each second");
        table.add(Row::of_pairs(&name, "ms", Goal::None, pairs(|sample| Ok(sample.p50))));
        table.add(Row::of_pairs("  p99", "ms", goal, pairs(|sample| Ok(sample.p99))));
        table.add(Row::of_pairs(
            "  runs not begun within their second",
            "%",
            Goal::None,
            pairs(|sample| Ok(sample.lost)),
        ));
        table.add(Row::of_pairs("  processors busy", "%", Goal::None, pairs(|sample| sample.busy.clone())));
    }
}

fn ours(program: &Program, count: u32) -> Result<Sample, String> {
    let sandbox = Sandbox::new();
    let pipe = sandbox.path("stamps");
    let stamps = Stamps::listen(&pipe)?;
    let body = |number| match number {
        0 => "Command: sleep 1000".to_owned(),
        number => format!("Command: {}", stamps::command(number, &pipe)),
    };
    let base = "Timeout: 2000\nInterval: 1\nSplay: 1";
    let daemon = program.start_in(sandbox, &boot::plugins("", base, count, body))?;
    let mut client = daemon.connect()?;
    let mut plan = Plan::default();
    plan.read(&mut client)?;
    thread::sleep(WARM_UP);
    plan.read(&mut client)?;
    let sample = watch(&stamps)?;
    plan.read(&mut client)?;
    plan.forget(0);
    Ok(sample.judge(&plan, &stamps))
}

fn bare(count: u32) -> Result<Sample, String> {
    let sandbox = Sandbox::new();
    let pipe = sandbox.path("stamps");
    let stamps = Stamps::listen(&pipe)?;
    let failed = |error| format!("no bare schedule: {error}");
    let mut schedule = schedule::start(count, &pipe).map_err(failed)?;
    let plan = schedule.plan().map_err(failed)?;
    thread::sleep(INTERVAL + WARM_UP);
    Ok(watch(&stamps)?.judge(&plan, &stamps))
}

/// A time that was watched, in microseconds since the epoch.
struct Window {
    from: i64,
    to: i64,
    busy: Result<f64, String>,
}

/// Lets the window go by, and as much again as a run may be late.
fn watch(stamps: &Stamps) -> Result<Window, String> {
    let busy = Busy::now();
    let from = stamps::now();
    thread::sleep(WINDOW);
    let to = stamps::now();
    let busy = busy.and_then(|begin| begin.percent_since());
    thread::sleep(INTERVAL);
    stamps.check()?;
    Ok(Window { from, to, busy })
}

impl Window {
    fn judge(self, plan: &Plan, stamps: &Stamps) -> Sample {
        let verdict = plan.judge(self.from..self.to, &stamps.taken());
        let share = f64::from(verdict.lost) / f64::from(verdict.planned.max(1));
        let milliseconds = |part| percentile(&verdict.lateness, part) / 1000.0;
        Sample { p50: milliseconds(50), p99: milliseconds(99), lost: 100.0 * share, busy: self.busy }
    }
}
