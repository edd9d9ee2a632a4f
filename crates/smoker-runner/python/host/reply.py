"""A reply as JSON that any reader takes."""

import datetime
import json
import math


def encode(answer, limit):
    """The reply's bytes. One that is too large becomes an error that says so;
    an invalid result that is too large or has no form in JSON is left out."""
    if 'invalid' in answer:
        try:
            data = _bytes(answer)
            if len(data) <= limit:
                return data
        except Exception:
            pass
        answer = {name: part for name, part in answer.items() if name != 'invalid'}
    try:
        data = _bytes(answer)
    except Exception as error:
        return _bytes({'error': "the result cannot be written as JSON: %s" % error})
    if len(data) > limit:
        text = ('the result has %d bytes, and with this MaxOutput at most %d are taken: '
                'shorten its messages or raise MaxOutput' % (len(data), limit))
        return _bytes({'error': text})
    return data


def _bytes(answer):
    # A lone surrogate has no UTF-8; everything else is kept.
    return json.dumps(plain(answer), ensure_ascii=False, allow_nan=False).encode('utf-8', 'replace')


def plain(value):
    """The value with what JSON lacks replaced: null for NaN and infinities,
    ISO text for dates, lists for tuples and sets, text for the rest."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_name(name): plain(item) for name, item in value.items()}
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


def _name(name):
    if isinstance(name, bool):
        return 'true' if name else 'false'
    if name is None:
        return 'null'
    return name if isinstance(name, str) else str(name)
