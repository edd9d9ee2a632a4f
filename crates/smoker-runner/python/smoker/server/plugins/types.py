"""Names for imports and isinstance: in smokerd a plugin and the manager of all
plugins are no Python objects."""


class Plugin(object):
    """A configured plugin."""

    def __init__(self, name, params):
        raise NotImplementedError('smokerd keeps its plugins itself; its REST pages show them')


class PluginManager(object):
    """What runs all plugins."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError('smokerd runs its plugins itself; its REST pages show them')
