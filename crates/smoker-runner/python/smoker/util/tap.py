"""Writes the Test Anything Protocol."""


class TapTest(object):
    """One test; `ok` is True when it passed, `messages` are lists of texts by level."""

    def __init__(self, name, ok=True, messages=None):
        self.name = name
        self.ok = ok
        self.messages = messages
        self.subtests = []

    def add_subtest(self, test):
        """Adds a test below this one and gives its number."""
        assert isinstance(test, TapTest), 'test parameter must be instance of TapTest'
        self.subtests.append(test)
        return len(self.subtests)

    def add_subtests(self, tests):
        """Adds a list of tests below this one."""
        _check_list(tests)
        for test in tests:
            self.add_subtest(test)

    def dump(self, index=1):
        """The test as text, with this number."""
        lines = ['%s %d - %s' % ('ok' if self.ok is True else 'not ok', index, self.name)]
        levels = [(level, texts) for level, texts in (self.messages or {}).items() if texts]
        if levels:
            lines.append('---')
            for level, texts in levels:
                lines.append('\t- %s:' % level)
                lines.extend('\t\t- %s' % text for text in texts)
            lines.append('...')
        if self.subtests:
            lines.extend('\t' + line for line in _dump(self.subtests).split('\n'))
        return '\n'.join(lines)


class Tap(object):
    """A report of tests; `index` is the number of the next one."""

    def __init__(self):
        self.tests = []
        self.index = 1

    def add_test(self, test):
        """Adds a test and gives its number."""
        assert isinstance(test, TapTest), 'test parameter must be instance of TapTest'
        self.tests.append(test)
        self.index += 1
        return self.index - 1

    def add_tests(self, tests):
        """Adds a list of tests."""
        _check_list(tests)
        for test in tests:
            self.add_test(test)

    def dump(self):
        """The report as text, without a line break at its end."""
        return _dump(self.tests)


def _dump(tests):
    plan = ['1..%d' % len(tests)]
    return '\n'.join(plan + [test.dump(number) for number, test in enumerate(tests, 1)])


def _check_list(tests):
    assert isinstance(tests, list), 'tests parameter must be list'
    for test in tests:
        assert isinstance(test, TapTest), 'test %s is not instance of TapTest' % test
