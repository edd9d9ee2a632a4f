"""Time limits of modules: PluginExecutionTimeout is raised in the main thread."""

import signal
import threading
import time

from smoker.server.exceptions import PluginExecutionTimeout

# The limits that are in force, from the outermost to the innermost.
LIMITS = []

# A limit beyond a year is none; the timer takes no infinity.
LONGEST = 366 * 24 * 3600


class TimeLimit(object):
    """While it is entered, its seconds are a limit besides those around it."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.deadline = None

    def __enter__(self):
        limits = self.seconds and self.seconds < LONGEST
        if limits and threading.current_thread() is threading.main_thread():
            self.deadline = time.monotonic() + self.seconds
            LIMITS.append(self)
            _arm()
        return self

    def __exit__(self, *exception):
        if self in LIMITS:
            LIMITS.remove(self)
            _arm()

    def restart(self, seconds):
        """Begins again, with these seconds."""
        if self in LIMITS:
            LIMITS.remove(self)
        self.seconds = seconds
        self.__enter__()

    def is_exceeded(self):
        """Whether its time is over."""
        return self.deadline is not None and self.deadline <= time.monotonic()

    def alone_exceeded(self):
        """Whether its time is over while there is time left for what is around it."""
        return self.is_exceeded() and not any(limit.is_exceeded() for limit in LIMITS)


def alarm_handler(signum, frame):
    """The handler of SIGALRM. A limit counts once: a module that catches the
    exception goes on without it."""
    LIMITS[:] = [limit for limit in LIMITS if not limit.is_exceeded()]
    _arm()
    raise PluginExecutionTimeout()


def _arm():
    """Sets the timer to the limit that ends first."""
    if not LIMITS:
        signal.setitimer(signal.ITIMER_REAL, 0)
        return
    signal.signal(signal.SIGALRM, alarm_handler)
    left = min(limit.deadline for limit in LIMITS) - time.monotonic()
    # Zero would be no limit.
    signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
