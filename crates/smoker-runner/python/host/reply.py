"""A reply as JSON that any reader takes."""

import datetime
import json
import logging
import math

LOG = logging.getLogger('smokerd.module')


# The results that are not valid, as the module left them.
REFUSED = ('invalid', 'changed_invalid')


def encode(answer, limit):
    """The reply's bytes. One that is too large becomes an error that says so;
    of an invalid result that is too large or has no form in JSON an empty mapping is left."""
    if 'carried' in answer:
        # What the plugin's actions find takes no room from the result.
        data = _fitting(answer, limit)
        if data is not None:
            return data
        LOG.warning('what the module leaves does not reach its action: with the result it is too large; raise MaxOutput')
        answer = {name: part for name, part in answer.items() if name not in ('carried', 'parameters')}
    if any(name in answer for name in REFUSED):
        data = _fitting(answer, limit)
        if data is not None:
            return data
        answer = {name: {} if name in REFUSED else part for name, part in answer.items()}
    try:
        data = _bytes(answer)
    except RecursionError:
        return _bytes({'error': 'the result cannot be written as JSON: it contains itself, or is nested too deep'})
    except Exception as error:
        return _bytes({'error': "the result cannot be written as JSON: %s" % error})
    if len(data) > limit:
        text = ('the result has %d bytes, and with this MaxOutput at most %d are taken: '
                'shorten its messages or raise MaxOutput' % (len(data), limit))
        return _bytes({'error': text})
    return data


def _fitting(answer, limit):
    """The reply's bytes; None when they are too many, or when it has no form in JSON."""
    try:
        data = _bytes(answer)
    except Exception:
        return None
    return data if len(data) <= limit else None


def _bytes(answer):
    return _text(json.dumps(plain(answer), ensure_ascii=False, allow_nan=False)).encode('utf-8')


def plain(value):
    """The value with what JSON lacks replaced: null for NaN and infinities,
    ISO text for dates, lists for tuples and sets, text for the rest."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode('utf-8', 'replace')
    if not isinstance(value, type) and callable(getattr(value, 'json', None)):
        # A Result inside a result, for example.
        return plain(value.json())
    return str(value)


def _object(value):
    """Names of JSON are texts: of two that are the same text, such as 5 and
    '5', the one that is a text keeps it, and the other's type is added to its name."""
    texts = {_text(name) for name in value if isinstance(name, str)}
    members = {}
    for name, item in value.items():
        text = _name(name)
        if text in members or (text in texts and not isinstance(name, str)):
            text = _free(text, type(name).__name__, texts.union(members))
        members[text] = plain(item)
    return members


def _name(name):
    if isinstance(name, bool):
        return 'true' if name else 'false'
    if name is None:
        return 'null'
    return _text(name if isinstance(name, str) else str(name))


def _text(text):
    """As UTF-8 has it: a lone surrogate, such as of a file name that is not UTF-8, becomes U+FFFD, as such a byte of a
    command's output does."""
    try:
        text.encode('utf-8')
        return text
    except UnicodeEncodeError:
        return text.encode('utf-16-le', 'surrogatepass').decode('utf-16-le', 'replace')


def _free(text, kind, taken):
    number, free = 1, '%s (%s)' % (text, kind)
    while free in taken:
        number += 1
        free = '%s (%s %d)' % (text, kind, number)
    return free
