//! What plugins do in daily life works as in an interpreter of their own.

use serde_json::json;
use smoker_model::messages::Level;
use smoker_model::status::Status;

use crate::fixture::{Check, Modules, error, infos, plugin, texts};

#[test]
fn the_standard_library_works_in_a_child() {
    let modules = Modules::new();
    modules.file("work.py", "def double(n):\n    return 2 * n\n");
    let body = r"
import asyncio, concurrent.futures, multiprocessing, subprocess, tempfile, threading, work
say = self.result.add_info
with multiprocessing.get_context('fork').Pool(2) as pool:
    say(str(pool.map(work.double, [1, 2])))
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    say(str(list(pool.map(work.double, [3]))))
async def echo():
    process = await asyncio.create_subprocess_exec('echo', 'a', stdout=subprocess.PIPE)
    return (await process.communicate())[0]
if sys.version_info >= (3, 7):
    say(str(asyncio.run(echo())))
else:
    say(str(asyncio.get_event_loop().run_until_complete(echo())))
with tempfile.NamedTemporaryFile('w') as file:
    file.write('x')
say(repr(sys.stdin.read()))
say(str(os.system('exit 3') >> 8))
say(subprocess.check_output('yes | head -n 1', shell=True).decode())
say(str(threading.current_thread() is threading.main_thread()))
say(type(self).__module__ + ' ' + os.path.basename(__file__))
";
    let expected = ["[2, 4]", "[6]", "b'a\\n'", "''", "3", "y", "", "True", "library library.py"];
    assert_eq!(infos(&modules.run_body("library", body)), expected);
}

#[test]
fn processes_that_are_started_again_find_the_modules() {
    let modules = Modules::new();
    modules.file("work.py", "def double(n):\n    return 2 * n\n");
    let body = "import multiprocessing, work\n\
                with multiprocessing.get_context('spawn').Pool(1) as pool:\n    self.result.add_info(str(pool.map(work.double, [1])))";
    assert_eq!(infos(&modules.run_body("spawns", body)), ["[2]"]);
}

#[test]
fn every_run_draws_its_own_random_numbers_and_starts_fresh() {
    let modules = Modules::new();
    let body = "import random, builtins\nbuiltins.seen = getattr(builtins, 'seen', 0) + 1\n\
                self.result.add_info(str(random.random()))\nself.result.add_info(str(builtins.seen))";
    let first = modules.run_body("draws", body);
    let second = modules.run_body("draws", body);
    assert_ne!(infos(&first)[0], infos(&second)[0]);
    assert_eq!(infos(&second)[1], "1");
}

#[test]
fn a_pipe_whose_reader_is_gone_is_an_exception() {
    let modules = Modules::new();
    let result = modules.run_body("pipes", "reader, writer = os.pipe()\nos.close(reader)\nos.write(writer, b'x')");
    assert_eq!(error(&result), "[Errno 32] Broken pipe");
}

#[test]
fn an_alarm_of_the_modules_own_works() {
    let modules = Modules::new();
    let body = "import signal\ndef late(number, frame): raise ValueError('alarm')\nsignal.signal(signal.SIGALRM, late)\n\
                signal.setitimer(signal.ITIMER_REAL, 0.1)\ntime.sleep(10)";
    assert_eq!(error(&modules.run_body("alarm", body)), "alarm");
}

#[test]
fn classes_of_helpers_can_be_inherited_over_packages() {
    let modules = Modules::new();
    modules
        .file("checks/__init__.py", "LIMIT = 3\n")
        .file("checks/base.py", "import logging\nfrom smoker.server.plugins import BasePlugin\nfrom . import LIMIT\n\nclass Base(BasePlugin):\n    def __init__(self, plugin, **kwargs):\n        super(Base, self).__init__(plugin, **kwargs)\n        self.limit = LIMIT\n    def run(self):\n        self.check()\n        self.result.set_status()\n        return self.result\n")
        .file("checks/disk.py", "import os\nfrom checks.base import Base\n\nclass Other(Base):\n    pass\n\nclass Plugin(Base):\n    def check(self):\n        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data.txt')) as data:\n            text = data.read()\n        self.result.add_component('disk', 'OK', info=[text])\n        self.result.add_info(str(self.limit))\n")
        .file("checks/data.txt", "beside");
    let result = modules.run(&crate::fixture::Check::module("checks.disk"));
    assert_eq!(infos(&result), ["3"]);
    assert_eq!(result.component_results.expect("components").as_json()["disk"]["messages"]["info"][0], "beside");
}

#[test]
fn state_of_modules_and_classes_lasts_for_one_run() {
    let modules = Modules::new();
    modules.file("counted.py", "runs = []\n").file(
        "state.py",
        "import logging\nimport counted\nfrom smoker.server.plugins import BasePlugin\n\nlog = logging.getLogger(__name__)\ncalls = 0\n\n\
         class Memory(object):\n    seen = []\n\nclass Plugin(BasePlugin):\n    def count(self):\n        global calls\n        calls += 1\n\
         \x20       Memory.seen.append(calls)\n        counted.runs.append(calls)\n    def run(self):\n        self.count()\n        self.count()\n\
         \x20       log.warning('counted to %d', calls)\n        self.result.add_info('%d %s %s' % (calls, Memory.seen, counted.runs))\n        self.result.set_status('OK')\n",
    );
    for _ in 0..2 {
        assert_eq!(infos(&modules.run(&crate::fixture::Check::module("state"))), ["2 [1, 2] [1, 2]"]);
    }
    crate::fixture::wait_for_log(&["WARN", "Plugin check-state: counted to 2", "state"]);
}

#[test]
fn modules_of_the_first_years_of_python_3_work_unchanged() {
    let modules = Modules::new();
    modules
        .file(
            "site_base.py",
            "import logging\nfrom abc import ABCMeta, abstractmethod\nfrom smoker.server.plugins import BasePlugin as SmokerBase\n\
             class SiteBase(SmokerBase):\n    __metaclass__ = ABCMeta\n    \
             def __init__(self, *args, **kwargs):\n        super(SiteBase, self).__init__(*args, **kwargs)\n        \
             self.log = logging.getLogger('smokerd.plugin.%s' % self.plugin.plugin_name)\n    \
             def run(self):\n        try:\n            self.check()\n        except Exception as ex:\n            \
             self.log.exception(ex)\n            self.result.set_status('ERROR')\n            \
             self.result.add_error('%s: %s' % (ex.__class__.__name__, ex))\n        return self.result\n    \
             @abstractmethod\n    def check(self): pass\n",
        )
        .file(
            "site_check.py",
            "# -*- coding: utf-8 -*-\nfrom __future__ import absolute_import, division, print_function, unicode_literals\n\
             try:\n    import simplejson as json\nexcept ImportError:\n    import json\n\
             try:\n    from Queue import Queue\nexcept ImportError:\n    from queue import Queue\n\
             import multiprocessing, threading\nfrom site_base import SiteBase\n\
             class Worker(threading.Thread):\n    def __init__(self, q, out):\n        threading.Thread.__init__(self)\n        \
             self.q, self.out = q, out\n        self.setDaemon(True)\n    \
             def run(self):\n        while not self.q.empty():\n            self.out.append(self.q.get() ** 2)\n            self.q.task_done()\n\
             class Plugin(SiteBase):\n    def check(self):\n        q, out = Queue(), []\n        for i in range(9): q.put(i)\n        \
             for t in [Worker(q, out) for _ in range(3)]: t.start()\n        q.join()\n        \
             self.result.add_info(u'sum %d' % sum(out))\n        \
             answers = multiprocessing.Queue()\n        \
             p = multiprocessing.Process(target=lambda: answers.put(json.loads('[1]')))\n        \
             p.start(); self.result.add_info(answers.get(timeout=5)); p.join()\n        \
             self.result.set_status(self.execute('true')[2] == 0 and 'OK' or 'ERROR')\n        raise KeyError('late')\n",
        )
        .file(
            "own_parser.py",
            "from smoker.server.plugins import Result\nclass Parser(object):\n    def __init__(self, stdout, stderr):\n        \
             self.out, self.err = stdout, stderr\n    def parse(self):\n        r = Result()\n        \
             for line in self.out.split('\\n'):\n            k, v = line.split('=')\n            \
             r.add_component(k, v == 'good' and 'OK' or 'ERROR', [], [] if v == 'good' else [v])\n        r.set_status()\n        return r\n",
        )
        .file(
            "soften.py",
            "from smoker.server.plugins import BasePlugin\nclass Plugin(BasePlugin):\n    def run(self):\n        \
             orig = self.args['result']\n        orig.set_status('WARN')\n        messages = orig.result['messages']\n        \
             messages['warn'], messages['error'] = messages['error'], []\n        self.result.set_status('OK')\n",
        );
    let result = modules.run(&Check::module("site_check").action("soften"));
    assert_eq!(texts(&result, Level::Info), ["sum 204", "[1]"]);
    assert_eq!((result.status, texts(&result, Level::Warn)), (Status::Warn, vec!["KeyError: 'late'"]));
    let result = modules.run(&Check::parsed("echo a=good; echo b=bad; exit 3", "own_parser"));
    assert_eq!(result.status, Status::Error);
    let components = result.component_results.expect("components").as_json().clone();
    assert_eq!((&components["a"]["status"], &components["b"]["messages"]["error"][0]), (&json!("OK"), &json!("bad")));
}

/// A slow disk makes an import slow, which says nothing about what the check looks at.
#[test]
fn import_and_constructor_are_no_part_of_the_time_limit() {
    let modules = Modules::new();
    let of = |body: &str| {
        let constructor = "    def __init__(self, plugin, **kwargs):\n        BasePlugin.__init__(self, plugin, **kwargs)\n        \
                           time.sleep(0.7)\n";
        plugin(body).replacen("    def run(", &format!("{constructor}    def run("), 1)
    };
    modules.file("slow.py", &format!("import time\ntime.sleep(0.7)\n{}", of("self.result.add_info('done')")));
    assert_eq!(infos(&modules.run(&Check::module("slow").timeout(1.0))), ["done"]);
    modules.file("late.py", &of("time.sleep(60)"));
    assert_eq!(error(&modules.run(&Check::module("late").timeout(1.0))), "Plugin execution exceeded timeout 1 seconds");
    // A copy that is forked before run() begins does not begin the time of the first one.
    let forked = "import os, time\nif os.fork() == 0:\n    os._exit(0)\nos.wait()\n";
    modules.file("forked.py", &format!("{forked}{}", of("self.result.add_info('done')")));
    assert_eq!(infos(&modules.run(&Check::module("forked").timeout(1.0))), ["done"]);
}

#[test]
fn a_time_that_a_module_sets_is_served_and_no_text_is_lost() {
    let modules = Modules::new();
    let run = |name: &str, body: &str| modules.run_body(name, body);
    let result = run(
        "set",
        "self.result.result['lastRun'] = '2020-01-02T03:04:05'\nself.result.add_info('caf\\udce9 \\ud83d\\ude00')",
    );
    assert_eq!(
        (result.last_run.to_string().as_str(), infos(&result)),
        ("2020-01-02T03:04:05.000000", vec!["caf\u{fffd} \u{1f600}"])
    );
    for (name, body) in [("own", ""), ("odd", "self.result.result['lastRun'] = 'yesterday'")] {
        let result = run(name, body);
        assert_eq!(result.last_run, result.started.into(), "{body}");
    }
}
