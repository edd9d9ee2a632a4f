"""One daemon. What goes wrong is logged by the logger `smoker`, never raised."""

import json
import logging
import time
import urllib.error
import urllib.request

lg = logging.getLogger('smoker')

# How often polling goes on after a page that failed.
RETRIES = 3

ABOUT_TIMEOUT = 5


class Host(object):
    """The daemon at an address: HOST, HOST:PORT or a URL. `name` is that of its
    about page, once this is loaded; `links` are the paths of its resources."""

    def __init__(self, address, default_port=8086):
        self.address = address
        self.url = address if '://' in address else 'http://%s' % _with_port(address, default_port)
        self.url = self.url.rstrip('/')
        self.name = address
        self.links = {}
        self._result = None

    def load_about(self):
        """Loads name and links and gives the about page, False when that fails."""
        answer = self.open('/', timeout=ABOUT_TIMEOUT)
        try:
            about = answer['about']
            self.links = {link['rel']: link['href'] for link in about['links']}
            self.name = about['host']
            return about
        except (TypeError, KeyError):
            if answer:
                lg.error("Host %s: the about page is not that of a Smoker daemon", self.name)
            return False

    def open(self, uri=None, resource=None, data=None, timeout=20):
        """The JSON of a page, False when it fails. `data` is sent as JSON.
        `timeout` in seconds, of each step of the connection."""
        if not uri:
            uri = self.links.get(resource)
        if not uri:
            lg.error("Can't find resource %s", resource)
            return False
        url = uri if '://' in uri else self.url + uri
        body = None if data is None else json.dumps(data).encode('utf-8')
        request = urllib.request.Request(url, body, {'Content-Type': 'application/json'} if body else {})
        try:
            # As smokercli, it asks the host itself and no proxy.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=timeout) as response:
                text = response.read().decode('utf-8')
        except (OSError, ValueError) as error:
            lg.error("Host %s: can't open resource %s: %s", self.name, url, getattr(error, 'reason', error))
            return False
        try:
            return json.loads(text)
        except ValueError as error:
            lg.error("Host %s: can't load response as JSON: %s", self.name, error)
            return False

    def force_run(self, plugins):
        """Runs these plugins and waits for their results, which get_result() then gives."""
        answer = self.open(resource='processes', data={'process': {'plugins': list(plugins)}})
        try:
            path = answer['asyncTask']['link']['poll']
        except (TypeError, KeyError):
            return False
        self._result = self.poll(path)
        return self._result

    def poll(self, uri, sleep=1):
        """The page when it no longer is a task in progress, False when it keeps failing."""
        failures = 0
        while True:
            answer = self.open(uri)
            if not answer:
                failures += 1
                if failures > RETRIES:
                    lg.error('Host %s: polling on %s failed after %d retries, look into its logs',
                             self.name, uri, RETRIES)
                    return False
                continue
            if 'asyncTask' not in answer:
                return answer
            time.sleep(sleep)
            uri = answer['asyncTask']['link']['poll']

    def get_result(self):
        """The results of the last forced run; None when there are none or they were given already."""
        result, self._result = self._result, None
        return result or None


def _with_port(address, port):
    bare = address.startswith('[') or address.count(':') > 1
    has_port = address.rpartition(']')[2].startswith(':') if address.startswith('[') else address.count(':') == 1
    if has_port:
        return address
    if bare and not address.startswith('['):
        address = '[%s]' % address
    return '%s:%d' % (address, port)
