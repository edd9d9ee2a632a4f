"""The base of host discovery plugins, which smokercli runs."""


class SpecificArgument(object):
    """An option that a host discovery plugin adds. The other arguments go to
    argparse's add_argument."""

    def __init__(self, shorter=None, longer=None, **kwargs):
        # Older releases call the two by other names.
        shorter = kwargs.pop('short', shorter)
        longer = kwargs.pop('long', longer)
        self.args = [name for name in (shorter, longer) if name] or [longer]
        self.kwargs = kwargs


class HostDiscoveryPluginBase(object):
    """Subclass it as HostDiscoveryPlugin."""

    arguments = []

    def get_hosts(self, args):
        """The addresses of hosts. `args` has all options of smokercli."""
        return []
