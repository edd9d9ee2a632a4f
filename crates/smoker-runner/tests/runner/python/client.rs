//! `smoker.client`: the classes that ask other daemons.

use crate::fixture::{Modules, infos, texts};
use smoker_model::messages::Level;

/// A small daemon in Python, in a thread of the module.
const BODY: &str = r"
import http.server
import json
import threading

def page(name, status, **more):
    result = status and {'status': status, 'messages': None, 'componentResults': None, 'lastRun': '2024-01-02T03:04:05.678'}
    return {'plugin': dict({'name': name, 'links': {'self': '/plugins/' + name}, 'parameters': {'Category': name},
                            'nextRun': '2024-01-02T03:04:06.5', 'lastResult': result}, **more)}

class Daemon(http.server.BaseHTTPRequestHandler):
    polls = 0

    def do_GET(self):
        if self.path == '/':
            links = [{'rel': 'plugins', 'href': '/plugins'}, {'rel': 'processes', 'href': '/processes'}]
            return self.answer({'about': {'host': 'web', 'links': links}})
        if self.path == '/plugins':
            return self.answer({'plugins': {'items': [page('a', 'OK'), page('b', 'WARN'), page('c', None)]}})
        if self.path == '/processes/1':
            Daemon.polls += 1
            if Daemon.polls == 1:
                return self.answer({'asyncTask': {'link': {'poll': '/processes/1'}}}, 202)
            forced = {'status': 'ERROR', 'messages': None, 'componentResults': None, 'lastRun': '2024-01-02T03:04:07'}
            return self.answer({'plugins': {'items': [page('b', 'WARN', forcedResult=forced)]}})
        self.answer({}, 404)

    def do_POST(self):
        Daemon.asked = json.loads(self.rfile.read(int(self.headers['Content-Length'])).decode())
        self.answer({'asyncTask': {'link': {'poll': '/processes/1'}}}, 202)

    def answer(self, value, status=200):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *arguments):
        pass

server = http.server.HTTPServer(('127.0.0.1', 0), Daemon)
threading.Thread(target=server.serve_forever, daemon=True).start()

from smoker.client import Client
say = self.result.add_info
client = Client(['127.0.0.1:%d' % server.server_port, '127.0.0.1:1'])
say(repr([host.name for host in client.hosts]))
plugins = client.get_plugins()
host = plugins['web']
say('%d %s %s' % (plugins.count_hosts(), host['status'], sorted(host['plugins'])))
say(repr((host['plugins']['c']['lastResult']['status'], host['plugins']['a']['lastRun'], host['plugins']['a']['nextRun'])))
def names(*filters, **more):
    found = client.get_plugins(list(filters), **more)
    return ' '.join(sorted(found['web']['plugins'])) if found else ''
say('|'.join([names({'key': 'Category', 'value': 'a'}), names(['a', 'b'], ('status', ['WARN'])), names(['x']),
              names(['a'], filters_negative=True), names(exclude_plugins=['a'])]))
forced = client.force_run(client.get_plugins([['b']]))
say('%s %s' % (Daemon.asked, Daemon.polls))
say('%s %s' % (forced['web']['status'], forced['web']['plugins']['b']['forcedResult']['status']))
say(repr([(host['name'], plugin['name']) for host, plugin in forced.get_host_plugins()]))
say(repr(client.open('/nothing')))
say(repr(Client([]).hosts))
try:
    client.open()
except Exception as error:
    say(str(error))
try:
    Client('web')
except AssertionError as error:
    say(str(error))
";

#[test]
fn plugins_of_other_hosts_are_read_and_run() {
    let result = Modules::new().run_body("asks", BODY);
    assert_eq!(texts(&result, Level::Error), [""; 0]);
    let expected = [
        "['web']",
        "1 WARN ['a', 'b', 'c']",
        "('UNKNOWN', datetime.datetime(2024, 1, 2, 3, 4, 5), datetime.datetime(2024, 1, 2, 3, 4, 6))",
        "a|b||b c|b c",
        "{'process': {'plugins': ['b']}} 2",
        "ERROR ERROR",
        "[('web', 'b')]",
        "{'web': None}",
        "[]",
        "Argument uri or resource have to be submitted",
        "Parameter hosts should be list",
    ];
    assert_eq!(infos(&result), expected);
}
