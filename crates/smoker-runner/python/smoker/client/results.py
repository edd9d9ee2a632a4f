"""The answers of daemons as mappings."""

import datetime

# The result of a plugin that never ran.
NEVER_RAN = {'status': 'UNKNOWN', 'messages': None, 'componentResults': None, 'lastRun': None}


class PluginsResult(dict):
    """HostResults by the name of the host. Hosts without a plugin that passes are absent."""

    def __init__(self, answers, filters=(), filters_negative=False, exclude_plugins=()):
        super(PluginsResult, self).__init__()
        for host, answer in answers.items():
            plugins = [PluginResult(plugin) for plugin in _plugins_of(answer)]
            kept = [plugin for plugin in plugins if plugin['name'] not in exclude_plugins
                    and _passes(plugin, filters, filters_negative)]
            if kept:
                self[host] = HostResult(kept)

    def count_hosts(self):
        """How many hosts there are."""
        return len(self)

    def get_host_plugins(self, host=None):
        """(HostResult, PluginResult) of each plugin, of one host or of all, by
        their names. Each HostResult gets its `name`."""
        names = sorted(self) if host is None else [host]
        pairs = []
        for name in names:
            self[name]['name'] = name
            plugins = self[name]['plugins']
            pairs.extend((self[name], plugins[plugin]) for plugin in sorted(plugins))
        return pairs


class HostResult(dict):
    """`status`, the worst of the plugins, UNKNOWN when none ran, and `plugins` by name."""

    def __init__(self, plugins):
        super(HostResult, self).__init__()
        statuses = [plugin['lastResult']['status'] for plugin in plugins]
        known = (status for status in ('ERROR', 'WARN', 'OK') if status in statuses)
        self['status'] = next(known, 'UNKNOWN')
        self['plugins'] = {plugin['name']: plugin for plugin in plugins}


class PluginResult(dict):
    """A plugin as the daemon shows it; `lastResult` is never None, `lastRun` and `nextRun` are datetimes or None."""

    def __init__(self, plugin):
        super(PluginResult, self).__init__(plugin)
        # After a force this is the newer one.
        result = plugin.get('forcedResult') or plugin.get('lastResult')
        self['lastResult'] = dict(result or NEVER_RAN)
        self['lastRun'] = _moment(self['lastResult'].get('lastRun'))
        self['nextRun'] = _moment(plugin.get('nextRun'))


def _plugins_of(answer):
    try:
        return [item['plugin'] for item in answer['plugins']['items']]
    except (TypeError, KeyError):
        # No answer, or that of something else.
        return []


def _passes(plugin, filters, negative):
    matches = [_matches(plugin, one) for one in filters]
    return not any(matches) if negative else all(matches)


def _matches(plugin, one):
    if isinstance(one, dict):
        return one['key'] in plugin['parameters'] and plugin['parameters'][one['key']] == one['value']
    if isinstance(one, tuple):
        return plugin['lastResult'][one[0]] in one[1]
    return plugin['name'] in one


def _moment(text):
    return None if not text else datetime.datetime.strptime(text.partition('.')[0], '%Y-%m-%dT%H:%M:%S')
