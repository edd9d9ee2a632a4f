"""glusterfs as a class to subclass: what a subclass overrides counts. Without
a subclass the built-in of the same name runs."""

import os
import shlex
import subprocess
import tempfile
import time
from xml.etree import ElementTree

from smoker.server.builtin import BuiltinPlugin
from smoker.server.plugins.check import add_component, new_check

GLUSTER = '/usr/sbin/gluster'
NO_VOLUMES = 'No volumes present in cluster'

# With one of these parameters the built-in shows each peer and volume, which has no methods here.
DETAILS = ('Checks', 'Volumes', 'HealWarn', 'HealError')

# How often the status of a volume is asked for, since gluster refuses while another command holds its lock.
TRIES, PAUSE = 6, 0.5


class Plugin(BuiltinPlugin):
    """The components Peers, Volumes, with the parameter Volume Mount, and with Heal Heal."""

    builtin = 'smoker.server.plugins.glusterfs'

    def run(self):
        """Does all checks, whatever the others say."""
        if any(self.plugin.get_param(name) is not None for name in DETAILS):
            return super(Plugin, self).run()
        self._checked('Peers', "Can't check peers", self.check_peers)
        self._checked('Volumes', "Can't check volumes", self.check_volumes)
        volume = self.plugin.get_param('Volume')
        if volume:
            self._checked('Mount', "Can't mount volume", lambda: self.mount(volume))
        if self.plugin.get_param('Heal'):
            self._checked('Heal', 'cannot check healing', self.check_healing)
        self.result.set_status()
        return self.result

    def _checked(self, name, failure, check):
        try:
            check()
        except Exception as error:
            self.result.add_component(name, 'ERROR', error=['%s: %s' % (failure, error)])

    def check_peers(self):
        """Adds the component Peers, or raises."""
        check = new_check()
        for host, peer in self.getPeersStatus().items():
            if peer['connected']:
                check['messages']['info'].append('Peer %s is healthy: %s (Connected)' % (host, peer['status']))
            else:
                check['state'] = 'ERROR'
                check['messages']['error'].append('Peer %s is not healthy: %s (Disconnected)' % (host, peer['status']))
        add_component(self.result, 'Peers', check)

    def check_volumes(self):
        """Adds the component Volumes, or raises."""
        check = new_check()
        volumes = self.getVolumesStatus()
        if not volumes:
            check = new_check('ERROR', error=['No configured volumes found'])
        for volume, nodes in volumes.items():
            if nodes['status'] == 1:
                check['messages']['info'].append('Volume %s is healthy' % volume)
                continue
            failed = [node for node, status in nodes.items() if node != 'status' and status != 1]
            check['state'] = 'ERROR'
            check['messages']['error'].append(
                'Volume %s is not healthy (failed nodes: %s)' % (volume, ', '.join(failed)))
        add_component(self.result, 'Volumes', check)

    def check_healing(self):
        """Adds the component Heal of the built-in, or raises."""
        component = self.ask(Volume=None)['componentResults']['Heal']
        add_component(self.result, 'Heal', {'state': component['status'], 'messages': component['messages']})

    def mount(self, volume):
        """Mounts and unmounts a volume and adds the component Mount, or raises."""
        folder = tempfile.mkdtemp()
        check = new_check()
        try:
            source = 'localhost:%s' % volume
            for command in (['/bin/mount', '-t', 'glusterfs', source, folder], ['/bin/umount', folder]):
                output, status = self._output(command)
                if status != 0:
                    check = new_check('ERROR', error=[output or '%s failed' % ' '.join(command)])
                    break
        finally:
            os.rmdir(folder)
        add_component(self.result, 'Mount', check)

    def getPeersStatus(self):
        """{host: {"connected": bool, "status": text}}. Raises ValueError when the answer is no XML."""
        output, _ = self._output(self._gluster() + ['peer', 'status', '--xml'])
        answer = _xml(output, output)
        peers = {}
        for peer in answer.iter('peer'):
            peers[_text(peer, 'hostname')] = {
                'connected': _text(peer, 'connected') == '1', 'status': _text(peer, 'stateStr')}
        for number in range(50):
            host, connected, state = (
                _text(answer, 'friend%d.%s' % (number, part)) for part in ('hostname', 'connected', 'state'))
            if None not in (host, connected, state):
                peers[host] = {'connected': connected == '1', 'status': state}
        return peers

    def getVolumesStatus(self):
        """getStatus() of each volume, by its name."""
        return {volume: self.getStatus(volume) for volume in self.getVolumes()}

    def getVolumes(self):
        """The names of all volumes. Raises ValueError when gluster fails."""
        output, status = self._output(self._gluster() + ['volume', 'list'])
        if status != 0 and output != NO_VOLUMES:
            raise ValueError(output)
        return [line.strip() for line in output.splitlines() if line.strip() not in ('', NO_VOLUMES)]

    def getStatus(self, volume):
        """{"status": 1 or 0, host: its status as number, ...}. Raises ValueError when gluster does not tell."""
        for number in range(TRIES):
            if number:
                time.sleep(PAUSE)
            output, _ = self._output(self._gluster() + ['volume', 'status', volume, '--xml'])
            answer = _xml(output, 'Unexpected output from gluster volume status %s --xml: %s' % (volume, output))
            code = _text(answer, 'opRet')
            if code is None:
                raise ValueError('the answer of gluster has no opRet')
            if code == '0':
                return _nodes(answer)
        raise ValueError("Can't get data for %s after %d retries" % (volume, TRIES - 1))

    def _gluster(self):
        words = self.plugin.get_param('Gluster') or GLUSTER
        return [words] if isinstance(words, str) else [str(word) for word in words]

    def _output(self, words):
        """What a command prints on both streams, and its exit status."""
        command = ' '.join(shlex.quote(word) for word in words)
        output, _, status = self.execute(command, stderr=subprocess.STDOUT)
        return output, status


def _nodes(answer):
    nodes = {'status': 1}
    for node in answer.iter('node'):
        status = _text(node, 'status')
        status = int(status) if status is not None else 0
        host = _text(node, 'hostname')
        # Of two bricks on one host the failed one counts.
        nodes[host] = status if nodes.get(host, 1) == 1 else nodes[host]
        if status != 1:
            nodes['status'] = 0
    return nodes


def _xml(text, failure):
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise ValueError(failure) from None


def _text(element, name):
    found = next(element.iter(name), None)
    return None if found is None else (found.text or '').strip()
