"""Numbers as a reader wants them: as many digits as the uncertainty allows, no more."""

from __future__ import annotations

import math
from typing import Final

MINUS: Final = "−"
DASH: Final = "–"
"""Stands where nothing is known."""


def decimals_for(std: float, digits: int = 2) -> int:
    """Return the decimal places that show `digits` significant digits of a standard deviation; negative: tens, ...

    Examples
    --------
    >>> decimals_for(0.41), decimals_for(25.4), decimals_for(1234.0)
    (2, 0, -2)
    """
    if not math.isfinite(std) or std <= 0.0:
        return 2
    # Rounding first: 0.0996 becomes 0.10, which has one place less.
    return digits - 1 - math.floor(math.log10(float(f"{std:.{digits - 1}e}")))


def fixed(value: float | None, decimals: int) -> str:
    """Return a number rounded to decimal places, thousands grouped, with a true minus sign; a dash for none.

    Examples
    --------
    >>> fixed(12345.6, -2), fixed(-0.004, 2), fixed(None, 1)
    ('12,300', '0.00', '–')
    """
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{round(value, decimals):,.{max(decimals, 0)}f}"
    is_zero = not text.strip("-0.,")
    return text.removeprefix("-") if is_zero else text.replace("-", MINUS)


def significant(value: float | None, digits: int = 3) -> str:
    """Return a number with significant digits, without exponent where it stays short.

    Examples
    --------
    >>> significant(0.0123456), significant(1234.5), significant(2.5e-9)
    ('0.0123', '1,230', '2.50e−9')
    """
    if value is None or not math.isfinite(value):
        return DASH
    if value == 0.0:
        return "0"
    if abs(value) < 1e-5:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", MINUS)
    return fixed(value, decimals_for(abs(value), digits))


def plain(value: float | None, digits: int = 3) -> str:
    """Return a number with significant digits but no zeros behind them, as a threshold is written.

    Examples
    --------
    >>> plain(5.0), plain(0.2), plain(33.333)
    ('5', '0.2', '33.3')
    """
    text = significant(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def tick_beyond(value: float) -> float:
    """Return the end of a scale that leaves room beyond `value`: a twentieth or more, two significant digits.

    Examples
    --------
    >>> tick_beyond(7.02), tick_beyond(-1.9), tick_beyond(0.0)
    (7.4, -2.0, 0.0)
    """
    if value == 0.0 or not math.isfinite(value):
        return value
    unit = 10.0 ** (math.floor(math.log10(1.05 * abs(value))) - 1)
    return math.copysign(float(f"{math.ceil(1.05 * abs(value) / unit) * unit:.2g}"), value)


def percent(part: float, whole: float) -> str:
    """Return a part in percent of a whole with two significant digits; a dash when the whole is zero."""
    return significant(100.0 * part / abs(whole), 2) if whole else DASH


def upper_bound(rate: float | None, low: float | None, high: float | None, limit: float | None) -> float | None:
    """Return what a rate is at most when it is not told from zero, None when it is told (or unknown).

    A rate is not told from zero inside the detection limit, or with zero inside its interval. The upper end of a
    two-sided interval at 90 % is the upper bound at 95 %. Noise may push that anywhere, but an emission below the
    detection limit is missed as often as not, so no bound lower than the limit is told.

    Parameters
    ----------
    rate, low, high, limit
        Rate, both ends of its interval and its detection limit, in one unit.

    Examples
    --------
    >>> upper_bound(0.3, -0.2, 0.8, 0.9), upper_bound(-0.2, -0.5, 0.1, 0.9), upper_bound(4.8, 4.1, 5.5, 0.5)
    (0.9, 0.9, None)
    """
    if rate is None or low is None or high is None or not math.isfinite(rate + low + high):
        return None
    is_below_limit = limit is not None and abs(rate) < limit
    if not is_below_limit and not low <= 0.0 <= high:
        return None
    return high if limit is None else max(high, limit)
