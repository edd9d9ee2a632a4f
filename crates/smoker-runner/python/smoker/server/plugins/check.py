"""What the methods of shipped modules return: {"state": ..., "messages": {...}}."""


def new_check(state='OK', info=(), error=(), warn=()):
    """An outcome with these messages."""
    return {'state': state, 'messages': {'info': list(info), 'error': list(error), 'warn': list(warn)}}


def add_component(result, name, check):
    """Adds an outcome to a Result as a component. Levels that are not in use may be missing."""
    messages = check['messages']
    result.add_component(name, check['state'], **{
        level: list(messages.get(level) or []) for level in ('info', 'error', 'warn')})
