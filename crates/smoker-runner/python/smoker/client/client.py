"""Many daemons at once."""

import threading

from smoker.client.host import Host
from smoker.client.results import PluginsResult


class Client(object):
    """The daemons of these hosts: a list of addresses. Those that do not
    answer are dropped from `hosts`, and the reason is logged."""

    def __init__(self, hosts, port=8086):
        assert isinstance(hosts, list), 'Parameter hosts should be list'
        hosts = [Host(address, port) for address in hosts]
        answers = _at_once([host.load_about for host in hosts])
        self.hosts = [host for host, answer in zip(hosts, answers) if answer]

    def open(self, uri=None, resource=None, data=None):
        """{name of the host: JSON of a page, None when it failed}. A page is
        named by its path or as a resource of the about page."""
        if not uri and not resource:
            raise Exception('Argument uri or resource have to be submitted')
        answers = _at_once([lambda host=host: host.open(uri, resource, data) for host in self.hosts])
        return {host.name: answer or None for host, answer in zip(self.hosts, answers)}

    def get_plugins(self, filters=None, filters_negative=False, exclude_plugins=None):
        """The plugins of all hosts that pass all filters, or with
        `filters_negative` that pass none. A filter is {'key': KEY, 'value':
        VALUE} for a parameter, a list of names, or ('status', [STATUS...])."""
        return PluginsResult(
            self.open(resource='plugins'), filters or [], filters_negative, exclude_plugins or [])

    def force_run(self, plugins, progress=True):
        """Runs these plugins, which get_plugins gave, and gives their new results
        when all have ended. `progress` has no effect."""
        asked = [host for host in self.hosts if host.name in plugins and plugins[host.name]['plugins']]
        _at_once([lambda host=host: host.force_run(plugins[host.name]['plugins']) for host in asked])
        return PluginsResult({host.name: host.get_result() for host in asked})


def _at_once(calls):
    """What the calls return, each in a thread of its own."""
    answers = [None] * len(calls)

    def answer(number, call):
        answers[number] = call()

    threads = [threading.Thread(target=answer, args=numbered) for numbered in enumerate(calls)]
    for thread in threads:
        thread.daemon = True
        thread.start()
    for thread in threads:
        thread.join()
    return answers
