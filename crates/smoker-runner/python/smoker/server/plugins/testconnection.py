"""The built-in testconnection as a class to subclass."""

import socket
import threading

from smoker.server.builtin import BuiltinPlugin


class Plugin(BuiltinPlugin):
    """The component Connection, with an error for each address of `Connections` that cannot be opened."""

    builtin = 'smoker.server.plugins.testconnection'


class ConnectionCheck(threading.Thread):
    """Opens and closes one TCP connection. `address` is a pair of host and
    port, `timeout` in seconds. After join() `err` has what went wrong, and
    `info` the host when it was connected."""

    def __init__(self, address, timeout):
        super(ConnectionCheck, self).__init__()
        self.daemon = True
        self.address = address
        self.timeout = timeout
        self.err = []
        self.info = []

    def run(self):
        """Tries the addresses of the host one after the other."""
        host, port = self.address[0], self.address[1]
        try:
            socket.create_connection((host, port), self.timeout).close()
            self.info.append('Host: %s' % host)
        except socket.gaierror as error:
            self.err.append('Host: %s resolving error: %s' % (host, error))
        except socket.timeout:
            self.err.append('Host: %s, port: %s connection timeout' % (host, port))
        except OSError as error:
            self.err.append('Host: %s, port: %s, Socket error: %s' % (host, port, error))
        except Exception as error:
            self.err.append('Host: %s, Unknown exception: %s' % (host, error))
