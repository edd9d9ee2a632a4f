"""The ends of a program that Nagios runs."""

import sys

EXIT_OK = 0
EXIT_WARNING = 1
EXIT_CRITICAL = 2
EXIT_UNKNOWN = 3


def exit_ok(msg):
    """Prints the text as OK and ends the program with 0."""
    print('OK: %s' % msg)
    sys.exit(EXIT_OK)


def exit_warning(msg):
    """Prints the text as a warning and ends the program with 1."""
    print('WARNING: %s' % msg)
    sys.exit(EXIT_WARNING)


def exit_critical(msg):
    """Prints the text as critical and ends the program with 2."""
    print('CRITICAL: %s' % msg)
    sys.exit(EXIT_CRITICAL)


def exit_unknown(msg):
    """Prints the text as unknown and ends the program with 3."""
    print('UNKNOWN: %s' % msg)
    sys.exit(EXIT_UNKNOWN)
