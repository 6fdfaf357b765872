"""The hot loop of reading tables of text, compiled: where their records end."""

from numba import njit

_LF, _CR, _QUOTE, _COMMA = 10, 13, 34, 44
_RECORD, _FIELD, _PLAIN, _QUOTED, _QUOTE_IN_QUOTED, _AFTER_CR = 0, 1, 2, 3, 4, 5
"""At the beginning of a record, of a field; inside one without quotes, with; …"""


@njit(cache=True, nogil=True)
def record_end(text, start, records, wanted):
    """Find the first place at or after `wanted` where a record of a CSV begins.

    Parameters
    ----------
    text
        uint8, shape (n,).
    start
        Place where a record begins.
    records
        Records before `start` that are not blank.
    wanted
        Above `start`.

    Returns
    -------
    tuple of int
        The place, -1 when there is none before the end, and the records before it.
    """
    state = _RECORD
    for i in range(start, len(text)):
        sign = text[i]
        if state == _AFTER_CR:
            state = _RECORD
            if sign == _LF:
                if i + 1 >= wanted:
                    return i + 1, records
                continue
            if i >= wanted:
                return i, records
        if state == _QUOTED:
            if sign == _QUOTE:
                state = _QUOTE_IN_QUOTED
        elif state == _QUOTE_IN_QUOTED and sign == _QUOTE:
            state = _QUOTED
        elif sign in (_LF, _CR):
            if state != _RECORD:
                records += 1
            state = _AFTER_CR if sign == _CR else _RECORD
            if state == _RECORD and i + 1 >= wanted:
                return i + 1, records
        elif sign == _COMMA:
            state = _FIELD
        elif sign == _QUOTE and state in (_RECORD, _FIELD):
            state = _QUOTED
        else:
            state = _PLAIN
    return -1, records
