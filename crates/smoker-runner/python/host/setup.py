"""What a plugin's configuration says of the processes of its run: limits, nice
value, umask, working directory, environment, privileges."""

import os

from _smoker_host import isolation

PR_SET_NO_NEW_PRIVS = 38


def limit(settings):
    """What needs the rights of the daemon: before the account changes."""
    for key, name in (('address_space', 'RLIMIT_AS'), ('processes', 'RLIMIT_NPROC')):
        if settings[key] is not None:
            _lower_limit(name, settings[key])
    if settings['nice'] is not None:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, settings['nice'])
        except OSError as error:
            raise OSError("cannot set its nice value: %s" % error.strerror)


def surround(settings):
    """All else, by the rights of the account."""
    if settings['umask'] is not None:
        os.umask(settings['umask'])
    if settings['work_dir'] is not None:
        try:
            os.chdir(settings['work_dir'])
        except OSError as error:
            raise OSError("cannot change to its WorkDir: %s" % error.strerror)
    os.environ.update(settings['environment'])
    if settings['no_new_privileges']:
        _refuse_new_privileges()


def _lower_limit(name, value):
    resource = isolation.resource
    if resource is None:
        raise OSError("cannot set its resource limits: this Python has no module resource")
    number = getattr(resource, name)
    hard = resource.getrlimit(number)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(number, (value, value))
    except (OSError, ValueError) as error:
        raise OSError("cannot set its resource limits: %s" % error)


def _refuse_new_privileges():
    libc = isolation.LIBC
    if libc is None or libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError("cannot set no_new_privs")
