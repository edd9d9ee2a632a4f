"""Processes that a module forks and that come back from its code: they end as a program of their own would."""

import os
import sys
import traceback


def call(function, *arguments):
    """What the function gives. A copy of this process that it forked does not return from here."""
    pid = os.getpid()
    try:
        returned = function(*arguments)
    except BaseException as error:
        if os.getpid() == pid:
            raise
        _end(_exit_code_of(error))
    if os.getpid() != pid:
        _end(0)
    return returned


def _exit_code_of(error):
    """The interpreter's own exit code for what was raised, whose message it prints."""
    if not isinstance(error, SystemExit):
        traceback.print_exception(type(error), error, error.__traceback__)
        return 1
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xff
    sys.stderr.write('%s\n' % (error.code,))
    return 1


def _end(code):
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    # Exit handlers are the first process's.
    os._exit(code)
