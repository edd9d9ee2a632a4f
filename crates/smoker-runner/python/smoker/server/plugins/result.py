"""The result of one run."""

import datetime
import json

from smoker.server.exceptions import InvalidArgument, ValidationError

STATUSES = ('OK', 'ERROR', 'WARN')
LEVELS = ('info', 'error', 'warn')


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
            raise InvalidArgument("Can't generate overall status without component results")
        statuses = [component['status'] for component in components.values()]
        for status in ('ERROR', 'WARN'):
            if status in statuses:
                return status
        return 'OK'

    def add_info(self, text):
        """Adds a text as info messages, one a line."""
        self.add_msg('info', text)

    def add_warn(self, text):
        """Adds a text as warnings, one a line."""
        self.add_msg('warn', text)

    def add_error(self, text):
        """Adds a text as error messages, one a line."""
        self.add_msg('error', text)

    def add_msg(self, level, text, multiline=False):
        """Adds a text to a level: one message a line, or with `multiline` one
        message. A blank text adds nothing."""
        if level not in LEVELS:
            raise InvalidArgument('Level has to be info, error or warn')
        text = str(text)
        if not text.strip():
            return
        if not self.result['messages']:
            self.result['messages'] = {'info': [], 'error': [], 'warn': []}
        lines = [text] if multiline else text.split('\n')
        self.result['messages'][level].extend(line.strip() for line in lines)

    def add_component(self, name, status, info=None, error=None, warn=None):
        """Adds a component with lists of messages; one of the same name is replaced."""
        if not self.result['componentResults']:
            self.result['componentResults'] = {}
        self.result['componentResults'][name] = {
            'status': status,
            'messages': {'info': info or [], 'error': error or [], 'warn': warn or []},
        }

    def set_result(self, result, validate=False):
        """Replaces the whole result by a mapping."""
        self.result = result
        self.validated = False
        if validate:
            self.validate(force=True)

    def get_result(self, validate=True):
        """The result as a mapping."""
        if validate:
            self.validate()
        return self.result

    def set_action(self, action):
        """Sets the result of an action: a Result or its mapping."""
        self.result['action'] = action.result if isinstance(action, Result) else action

    def set_forced(self, forced=True):
        """Says whether the run was asked for by a client."""
        self.result['forced'] = forced

    def json(self):
        """The result as JSON text."""
        return json.dumps(self.result)

    def validate(self, force=False):
        """Raises ValidationError unless the result is shaped as it has to be.
        Looks once, unless forced."""
        if self.validated and not force:
            return True
        result = self.result
        if not isinstance(result, dict):
            raise ValidationError('Result has to be a dictionary, not %s' % type(result).__name__)
        _check_status(result.get('status'))
        _check_messages(result.get('messages'))
        components = result.get('componentResults')
        if components:
            if not isinstance(components, dict):
                raise ValidationError('Component result must be dictionary')
            for name, component in components.items():
                if not isinstance(component, dict):
                    raise ValidationError('Component result must be dictionary')
                _check_part(component, 'Component %s' % name)
        action = result.get('action')
        if action:
            if not isinstance(action, dict):
                raise ValidationError('Action result must be dictionary')
            _check_part(action, 'Action')
        self.validated = True
        return True


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
            if not isinstance(text, str):
                _refuse_message(level, 'string', text)


def _refuse_message(level, wanted, found):
    raise ValidationError("Can't validate message: Result message type %s has to be a %s, not %s"
                          % (level, wanted, type(found).__name__))


def _check_part(part, what):
    if 'messages' not in part:
        raise ValidationError("%s doesn't have message" % what)
    if 'status' not in part:
        raise ValidationError("%s doesn't have status" % what)
    _check_status(part['status'])
    _check_messages(part['messages'])
