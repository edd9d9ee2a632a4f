"""fsmount as a class to subclass: what a subclass overrides counts. Without a
subclass the built-in of the same name runs."""

import os
import random
import re

from smoker.server.plugins.baseplugin import BasePlugin
from smoker.server.plugins.check import add_component, new_check

DEFAULT_TYPES = ['ext2', 'ext3', 'ext4', 'fuse.glusterfs', 'nfs', 'nfs4', 'xfs', 'btrfs', 'reiserfs']
# Types that are this are all.
ALL_TYPES = ['all']
MOUNT_TABLE = '/proc/mounts'
FIELDS = ('device', 'mount', 'type', 'options', 'dump', 'pass')


class Plugin(BasePlugin):
    """Lists, writes and reads mounted file systems: a component for each mount point."""

    def run(self):
        """Looks at each mount that the parameters Mounts, Types and Ignore leave."""
        get_param = self.plugin.get_param
        try:
            mounts = self.get_mounts(
                ignore=get_param('Ignore'), types=get_param('Types', DEFAULT_TYPES), mounts=get_param('Mounts'))
        except Exception as error:
            return self.plugin.error_result('Getting list of mounts failed: %s' % error)
        if not mounts:
            self.result.set_status('WARN')
            self.result.add_warn('No mounts found')
            return self.result
        for point, mount in mounts.items():
            add_component(self.result, point, self.check_mount(point, mount))
        self.result.set_status()
        return self.result

    def get_mounts(self, ignore=None, types=None, mounts=None):
        """The mounts by mount point, each a mapping of the fields of proc_mounts(5).

        `ignore` is a regular expression that matches from the beginning of a
        mount point. `types` and `mounts` are lists, or one text with commas;
        without entries, and with the one type `all`, all are taken. Raises the
        error of reading the table.
        """
        types = _entries(types)
        if types == ALL_TYPES:
            types = []
        mounts = [entry.rstrip('/') or entry for entry in _entries(mounts) if isinstance(entry, str)]
        pattern = re.compile(ignore) if ignore else None
        found = {}
        with open(MOUNT_TABLE, errors='replace') as table:
            for line in table:
                mount = dict(zip(FIELDS, (_unescaped(field) for field in line.rstrip('\n').split(' '))))
                point = mount['mount']
                mount['options'] = mount['options'].split(',')
                if ((not mounts or point in mounts) and (not types or mount['type'] in types)
                        and not (pattern and pattern.match(point)) and '.snapshot' not in point):
                    found[point] = mount
        return found

    def check_mount(self, path, mount):
        """The outcome of both checks. Never raises."""
        check = new_check()
        for prefix, look in (('Access', self.check_access), ('Read/Write', self.check_readwrite)):
            try:
                part = look(path)
            except Exception as error:
                part = new_check('ERROR', error=[str(error)])
            if part['state'] != 'OK':
                check['state'] = 'ERROR'
            for level, texts in part['messages'].items():
                check['messages'][level].extend('%s: %s' % (prefix, text) for text in texts)
        return check

    def check_access(self, path):
        """Lists the directory. Raises OSError when that fails."""
        return new_check(info=['listed %d items in directory' % len(os.listdir(path))])

    def check_readwrite(self, path):
        """Writes a file of its own, reads and deletes it."""
        check = new_check()
        number = str(random.randrange(0, 99999999, 8))
        name = ('%s/%s-smoker.tmp' % (path, number)).replace('//', '/')
        for step, does, done in (
                ('write', _write, 'written string %s' % number), ('read', _read, 'read string %s' % number),
                ('deletion', _delete, 'deleted file %s' % name)):
            try:
                does(name, number)
                check['messages']['info'].append(done)
            except Exception as error:
                check['state'] = 'ERROR'
                check['messages']['error'].append('file %s failed: %s' % (step, error))
                if step == 'write':
                    break
        return check


def _write(name, text):
    # A file that is there already, or a link, is never followed or overwritten.
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, 'w') as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        os.remove(name)
        raise


def _read(name, text):
    with open(name) as file:
        found = file.read(len(text) + 1)
    if found != text:
        raise ValueError('read %s instead of %s' % (found, text))


def _delete(name, text):
    os.remove(name)


def _entries(value):
    """A list as it is; of one text the parts between commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(',') if part.strip()]
    return list(value) if isinstance(value, dict) else value or []


def _unescaped(field):
    return re.sub(r'\\([0-7]{3})', lambda found: chr(int(found.group(1), 8)), field)
