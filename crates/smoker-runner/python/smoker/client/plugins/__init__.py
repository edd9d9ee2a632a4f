"""The base of host discovery plugins, which smokercli runs."""


NOT_GIVEN = object()


class SpecificArgument(object):
    """An option that a host discovery plugin adds. The other arguments go to
    argparse's add_argument."""

    def __init__(self, shorter=NOT_GIVEN, longer=NOT_GIVEN, **kwargs):
        # Releases up to 2.1.4 call the two names short and long.
        shorter = kwargs.pop('short', shorter)
        longer = kwargs.pop('long', longer)
        if NOT_GIVEN in (shorter, longer):
            raise TypeError('SpecificArgument() takes the short and the long name of an option; one of them may be None')
        self.args = [name for name in (shorter, longer) if name] or [longer]
        self.kwargs = kwargs


class HostDiscoveryPluginBase(object):
    """Subclass it as HostDiscoveryPlugin."""

    arguments = []

    def get_hosts(self, args):
        """The addresses of hosts. `args` has all options of smokercli."""
        return []
