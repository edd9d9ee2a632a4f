"""The base of parsers, which read what a command printed."""

from smoker.server.plugins.result import Result


class BaseParser(object):
    """Subclass it as Parser, with a parse() that returns a Result."""

    #: How the command exited; None when a signal ended it. Where nobody says it, as in a test of the parser, it is 0.
    exit_status = 0

    def __init__(self, stdout, stderr):
        """Both texts are stripped."""
        self.stdout = stdout
        self.stderr = stderr
        self.result = Result()

    def parse(self):
        """Reads self.stdout and self.stderr and returns a Result."""
        raise NotImplementedError('%s has no parse()' % type(self).__name__)

    def get_result(self):
        """The result that the parser fills, as a mapping. Raises ValidationError when it is not valid."""
        return self.result.get_result()
