"""The result of one run."""

import datetime

from smoker.server.exceptions import InvalidArgument, ValidationError

STATUSES = ('OK', 'ERROR', 'WARN')
LEVELS = ('info', 'error', 'warn')

# What set_result takes over from a mapping.
SETTABLE = ('status', 'messages', 'componentResults', 'action')


class Result(object):
    """Status, messages and components of a run, in self.result."""

    def __init__(self):
        self.validated = False
        self.result = {
            'status': None,
            'messages': None,
            'lastRun': datetime.datetime.now().isoformat(),
            'componentResults': None,
            'action': None,
            'forced': False,
        }
        # A lastRun that is another one was set by the module.
        self.made_at = self.result['lastRun']

    def set_status(self, status=None):
        """OK, WARN or ERROR; without one, the worst of the components'."""
        if status is None:
            status = self._overall_status()
        if status not in STATUSES:
            raise InvalidArgument('Status has to be OK, ERROR or WARN')
        self.result['status'] = status

    def _overall_status(self):
        components = self.result['componentResults']
        if not components:
            raise Exception("Can't generate overall status without component results")
        statuses = [component['status'] for component in components.values()]
        for status in ('ERROR', 'WARN'):
            if status in statuses:
                return status
        return 'OK'

    def add_info(self, msg):
        """Adds a text as info messages, one a line."""
        self.add_msg('info', msg)

    def add_error(self, msg):
        """Adds a text as error messages, one a line."""
        self.add_msg('error', msg)

    def add_warn(self, msg):
        """Adds a text as warnings, one a line."""
        self.add_msg('warn', msg)

    def add_msg(self, level, msg, multiline=False):
        """Adds a text to a level: one message a line, or with `multiline` one
        message. A blank text adds nothing."""
        if not self.result['messages']:
            self.result['messages'] = {'info': [], 'error': [], 'warn': []}
        msg = str(msg)
        if not msg.strip():
            return
        messages = self.result['messages']
        if level not in LEVELS or (isinstance(messages, dict) and level not in messages):
            raise InvalidArgument('Level has to be info, error or warn')
        lines = [msg] if multiline else msg.split('\n')
        messages[level].extend(line.strip() for line in lines)

    def add_component(self, name, status, info=(), error=(), warn=()):
        """Adds a component with lists of messages; one of the same name is replaced in its place."""
        if not self.result['componentResults']:
            self.result['componentResults'] = {}
        self.result['componentResults'][name] = {
            'status': status,
            'messages': {'info': _own(info), 'error': _own(error), 'warn': _own(warn)},
        }

    def set_result(self, result, validate=False):
        """Takes status, messages, componentResults and action over from a
        mapping: those that it has. The others keep their values. Raises TypeError for anything else."""
        if not hasattr(result, 'keys'):
            raise TypeError('a result to set has to be a dictionary, not %s' % type(result).__name__)
        for key in SETTABLE:
            if key in result:
                self.result[key] = result[key]
        if validate is True:
            self.validate()

    def get_result(self, validate=True):
        """The result as a mapping, not a copy. Raises ValidationError when it is not valid."""
        if validate is True:
            self.validate()
        return self.result

    def json(self):
        """The same as get_result(): what a page of the daemon shows."""
        return self.get_result()

    def set_action(self, action):
        """Sets the result of an action: a Result or its mapping."""
        self.result['action'] = action if isinstance(action, dict) else action.get_result()

    def set_forced(self, forced=True):
        """Says whether a client requested the run."""
        self.result['forced'] = forced

    def validate(self, force=False):
        """Raises ValidationError unless the result is shaped as it has to be.
        Looks once, unless `force` is True; the daemon looks again at the end of the run."""
        if self.validated and force is not True:
            return True
        self.validated = True
        result = self.result
        if not isinstance(result, dict):
            raise ValidationError('Result has to be a dictionary, not %s' % type(result).__name__)
        _check_status(result.get('status'))
        _check_messages(result.get('messages'))
        components = result.get('componentResults')
        if components is not None:
            if not isinstance(components, dict):
                raise ValidationError('Component result must be dictionary')
            for name, component in components.items():
                if not isinstance(component, dict):
                    raise ValidationError('Component result must be dictionary')
                _check_part(component, 'Component %s' % (name,))
        action = result.get('action')
        if action is not None:
            if not isinstance(action, dict):
                raise ValidationError('Action result must be dictionary')
            _check_part(action, 'Action')
        return None


def _own(messages):
    """A list of the component's own for a level that was not given; a given one is kept as it is."""
    return [] if messages is NOT_GIVEN else messages


# The default of the lists of add_component: the empty tuple, which is one object.
NOT_GIVEN = ()


def _check_status(status):
    if status not in STATUSES:
        raise ValidationError('Result status has to be OK, ERROR or WARN, not %s' % (status,))


def _check_messages(messages):
    if messages is None:
        return
    if not isinstance(messages, dict):
        raise ValidationError('Result message has to be a dictionary or None, not %s' % type(messages).__name__)
    if not messages:
        return
    for level in LEVELS:
        if level not in messages:
            raise ValidationError("Can't validate message: '%s'" % level)
        found = messages[level]
        if not isinstance(found, list):
            _refuse_message(level, 'list', found)
        for text in found:
            if not isinstance(text, (str, bytes)):
                _refuse_message(level, 'string', text)


def _refuse_message(level, wanted, found):
    raise ValidationError("Can't validate message: Result message type %s has to be a %s, not %s"
                          % (level, wanted, type(found).__name__))


def _check_part(part, what):
    if 'messages' not in part:
        raise ValidationError("%s doesn't have message" % what)
    _check_messages(part['messages'])
    if 'status' not in part:
        raise ValidationError("%s doesn't have status" % what)
    _check_status(part['status'])
