# Which files root imports: the rule that smokerd has for its configuration. Also a part of the script that looks modules up
# for --check, so it has to compile on any Python.
import os
import stat
import struct
import sys


class Owners(object):
    """The accounts whose files are imported, and what is known of files."""

    def __init__(self, accounts):
        self.accounts = frozenset(accounts) | frozenset([os.geteuid()])
        self.judged = {}

    def refusal_of(self, spec):
        """Why what an import has found is not imported; None when it is."""
        if not spec.has_location or not spec.origin:
            return None
        # Compiled code is run in place of its source.
        for file in (spec.origin, spec.cached):
            reason = self.refusal(file if os.path.isabs(file) else os.path.join(os.getcwd(), file)) if file else None
            if reason is not None:
                return reason
        return None

    def refusal(self, path):
        """Why a file is refused, for itself, a link on the way to it or a folder above."""
        if path not in self.judged:
            # Of a link that leads back to itself.
            self.judged[path] = None
            above = os.path.dirname(path)
            self.judged[path] = self._of_step(path) or (self.refusal(above) if above != path else None)
        return self.judged[path]

    def _of_step(self, path):
        try:
            status = os.lstat(path)
        except OSError:
            return None
        if status.st_uid not in self.accounts:
            name = _name_of(status.st_uid)
            return ("%s belongs to %s, neither to root nor to the daemon's account: chown root %s, or start smokerd with "
                    "--trust-owner %s" % (path, name, path, name))
        if stat.S_ISLNK(status.st_mode):
            return self.refusal(os.path.join(os.path.dirname(path), os.readlink(path)))
        if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
            # Nobody can touch what others own in it.
            return None
        if status.st_mode & stat.S_IWOTH:
            return '%s can be written by everybody, who would decide what smokerd runs: chmod o-w %s' % (path, path)
        # With a list, the bits of the group are the most that it gives to anybody.
        for user in _named_writers(path) if status.st_mode & stat.S_IWGRP else []:
            if user not in self.accounts:
                name = _name_of(user)
                return ("%s can be written by %s, whom its access control list (ACL) names and who would decide what smokerd "
                        "runs: setfacl -x u:%s %s, or start smokerd with --trust-owner %s" % (path, name, name, path, name))
        return None


class Guard(object):
    """The first finder: refuses what the others find."""

    def __init__(self, owners):
        self.owners = owners

    def find_spec(self, name, path=None, target=None):
        for finder in list(sys.meta_path):
            find = None if finder is self else getattr(finder, 'find_spec', None)
            spec = find and find(name, path, target)
            if spec is None:
                continue
            self.check(name, spec)
            return spec
        return None

    def check(self, name, spec):
        """Raises ImportError for what is not imported."""
        reason = self.owners.refusal_of(spec)
        if reason is not None:
            raise ImportError('smokerd does not import %s: %s' % (name, reason))


def _named_writers(path):
    """The users beside the owner who can write a file because its access control list names them (Linux)."""
    try:
        data = os.getxattr(path, 'system.posix_acl_access')
    except (AttributeError, OSError):
        return []
    # A version, then a tag, permissions and a number for each entry: 2 is a user, 16 the mask.
    entries = [struct.unpack_from('<HHI', data, at) for at in range(4, len(data) - 7, 8)]
    mask = ([permissions for tag, permissions, _ in entries if tag == 16] or [7])[0]
    return [user for tag, permissions, user in entries if tag == 2 and permissions & mask & 2]


def _name_of(user):
    try:
        import pwd
        return pwd.getpwuid(user).pw_name
    except (ImportError, KeyError):
        return str(user)
