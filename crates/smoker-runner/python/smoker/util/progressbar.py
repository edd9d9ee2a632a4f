"""Counts the items that are done. Nothing is drawn: smokercli draws its progress itself."""

import threading
import time

from smoker.util import console


class NonInteractiveError(Exception):
    """There is no terminal to draw on."""


class InvalidAnimationError(Exception):
    """An element has no such animation."""


class Element(object):
    """A part of a progress bar: a name for imports."""


class AnimationElement(Element):
    """An element that moves: a name for imports."""


class WheelElement(AnimationElement):
    """An element that turns: a name for imports."""


class ProgressElement(Element):
    """An element that grows: a name for imports."""


class CounterElement(Element):
    """An element that counts: a name for imports."""


class ProgressBar(threading.Thread):
    """The progress of a number of items."""

    def __init__(self, items, speed=None, template=None, elements=None, no_check_interactive=False):
        super(ProgressBar, self).__init__()
        assert isinstance(items, int), 'items parameter must be integer'
        assert speed is None or isinstance(speed, (int, float)), 'speed parameter must be a number'
        assert template is None or isinstance(template, str), 'template parameter must be string'
        assert elements is None or isinstance(elements, (list, tuple, dict)), 'elements parameter must be list'
        if not no_check_interactive and not console.is_interactive_shell():
            raise NonInteractiveError("Shell seems to be non-interactive. Can't use progress bar.")
        self.daemon = True
        self.items = items
        self.items_done = 0
        self.speed = speed or 0.08
        self._stopped = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def run(self):
        """Waits for stop()."""
        self._stopped.wait()

    def add_done(self, count=1):
        """Counts items as done."""
        self.items_done += count

    def set_done(self, done=None):
        """Sets how many items are done; without a number, all."""
        self.items_done = self.items if done is None else done

    def get_left(self):
        """How many items are not done."""
        return self.items - self.items_done

    def get_progress(self):
        """The progress as text."""
        return '%d/%d' % (self.items_done, self.items)

    def stop(self):
        """Ends the thread and the line."""
        self._stopped.set()
        print()

    def wait_pool(self, threads):
        """Waits for threads and counts each that has ended."""
        running = list(threads)
        while running:
            ended = [thread for thread in running if not thread.is_alive()]
            self.add_done(len(ended))
            running = [thread for thread in running if thread not in ended]
            if running:
                time.sleep(1)
