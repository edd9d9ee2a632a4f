"""The side of Smoker that runs plugins."""

import os


def redirect_standard_io(config):
    """Connects standard input, output and error to the files that the keys
    stdin, stdout and stderr of a mapping name, those that it has. Raises OSError
    when one cannot be opened."""
    flags = {'stdin': os.O_RDONLY}
    for number, name in enumerate(('stdin', 'stdout', 'stderr')):
        path = config.get(name)
        if path:
            opened = os.open(path, flags.get(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 0o644)
            os.dup2(opened, number)
            os.close(opened)
