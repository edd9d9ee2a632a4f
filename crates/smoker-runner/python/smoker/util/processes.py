"""The descendants of a process."""

import os


class Process(object):
    """What is known of a process: its `pid` and its `name()`."""

    def __init__(self, pid, name):
        self.pid = pid
        self._name = name

    def __repr__(self):
        return 'Process(pid=%d, name=%r)' % (self.pid, self._name)

    def name(self):
        """The name of its program."""
        return self._name


def descendants(pid):
    """The deepest first. Raises ProcessLookupError when there is no such process."""
    os.kill(pid, 0)
    children = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            try:
                with open('/proc/%s/stat' % entry) as stat:
                    name, _, rest = stat.read().partition(' (')[2].rpartition(') ')
                children.setdefault(int(rest.split()[1]), []).append(Process(int(entry), name))
            except (OSError, ValueError, IndexError):
                # It has ended meanwhile.
                continue
    found, level = [], [pid]
    while level:
        level = [child for parent in level for child in children.get(getattr(parent, 'pid', parent), [])]
        found = level + found
    return found
