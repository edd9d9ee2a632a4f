//! `GET /plugins` against a bare handler that answers the same bytes.

use std::fs;
use std::time::Duration;

use crate::bare_side::server;
use crate::boot::{self, Program};
use crate::forced;
use crate::load;
use crate::pairs::{MANY, Pairs};
use crate::table::{Goal, Row, Table};

const SAMPLE: Duration = Duration::from_millis(300);

/// Fills in the rows for the sizes that the goal names, and one for a daemon whose results keep changing.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    for count in [100, 1000] {
        let name = format!("GET /plugins, {count} plugins");
        let goal = Goal::AtLeast(0.8);
        table.add(Row::of_pairs(&name, "requests/s", goal, requests(program, count, "")));
    }
    let name = "  the same while 17 checks/s change it";
    table.add(Row::of_pairs(name, "requests/s", Goal::None, requests(program, 1000, "Interval: 60\nSplay: 60")));
}

fn requests(program: &Program, count: u32, schedule: &str) -> Result<Pairs, String> {
    let base = format!("Timeout: 60\n{schedule}");
    let daemon =
        program.start(&boot::plugins("nr_concurrent_plugins: 4", &base, count, |_| "Command: 'true'".into()))?;
    let mut client = daemon.connect()?;
    forced::run(&mut client, &forced::request(count), Duration::from_millis(5))?;

    let page = daemon.path("page");
    let answer = client.get("/plugins").map_err(|error| format!("no list of plugins: {error}"))?;
    fs::write(&page, answer.body).map_err(|error| format!("cannot write {}: {error}", page.display()))?;
    let bare = server::start(&page).map_err(|error| format!("no bare server: {error}"))?;

    let ask = |address| {
        let rate = load::requests_per_second(address, "/plugins", SAMPLE);
        rate.map_err(|error| format!("load on {address}: {error}"))
    };
    Pairs::measure(MANY, || ask(daemon.address()), || ask(bare.address))
}
