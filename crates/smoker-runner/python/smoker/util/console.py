"""The terminal that a program has, if it has one."""

import os
import sys


def get_terminal_size():
    """(width, height) of standard input's terminal. Raises OSError when it is none."""
    size = os.get_terminal_size(0)
    return size.columns, size.lines


def is_interactive_shell():
    """Whether the standard output that the program was started with is a terminal."""
    return bool(sys.__stdout__) and sys.__stdout__.isatty()
