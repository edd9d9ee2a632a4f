"""The built-in mongo as a class to subclass: what a subclass overrides counts."""

import importlib

from smoker.server.builtin import BuiltinPlugin
from smoker.server.plugins.check import add_component, new_check


class Plugin(BuiltinPlugin):
    """The components Connection, Members, Collections and Record."""

    builtin = 'smoker.server.plugins.mongo'
    _connection = None

    def run(self):
        """Does all checks, whatever the others say. With the parameter Hosts, a component for each server."""
        if self.plugin.get_param('Hosts') is not None:
            return super(Plugin, self).run()
        wanted = self.plugin.get_param('Checks')
        for name, check in (('Connection', self.check_connection), ('Members', self.check_members),
                            ('Collections', self.check_collections), ('Record', self.check_record)):
            if wanted is not None and name.lower() not in wanted:
                continue
            try:
                outcome = check()
            except Exception as error:
                outcome = new_check('ERROR', error=[str(error)])
            add_component(self.result, name, outcome)
        self.result.set_status()
        return self.result

    @property
    def connection(self):
        """A client of pymongo for the server, which has to be installed for it."""
        if self._connection is None:
            get_param = self.plugin.get_param
            client = importlib.import_module('pymongo').MongoClient
            self._connection = client(get_param('Host', 'localhost'), get_param('Port', 27017))
        return self._connection

    def check_connection(self):
        """Asks the server what it is."""
        return self._check('Connection')

    def check_members(self):
        """Looks at the members of the replica set."""
        return self._check('Members')

    def check_collections(self):
        """Counts, or with ValidateCollections validates, the collections of each database."""
        return self._check('Collections')

    def check_record(self):
        """Inserts a document, reads and deletes it."""
        return self._check('Record')

    def _check(self, name):
        result = self.ask(Checks=[name.lower()])
        component = result['componentResults'][name]
        return {'state': component['status'], 'messages': component['messages']}
