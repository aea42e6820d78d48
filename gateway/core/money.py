"""Money is integer kopecks; nothing here or elsewhere holds roubles as a float.

Every rounding is named. Python's own ``round`` (half to even) is never used.
"""

from __future__ import annotations

import re

_ROUBLES = re.compile(r"^(-?)(\d{1,12})(?:[.,](\d{1,2}))?$")


def kopecks_from_roubles(text: str) -> int:
    """Read roubles as written in a file ("205.00", "205,5", "205") as kopecks.

    Raises:
        ValueError: the text is not an amount with at most two decimals.
    """
    found = _ROUBLES.match(text.strip().replace("\u00a0", "").replace(" ", ""))
    if found is None:
        raise ValueError(f"not an amount in roubles with at most two decimals: {text!r}")
    sign, whole, fraction = found.groups()
    amount = int(whole) * 100 + int((fraction or "0").ljust(2, "0"))
    return -amount if sign else amount


def roubles_from_kopecks(kopecks: int) -> str:
    """The form that files and ``--json`` use: "1234.05", sign first."""
    sign = "-" if kopecks < 0 else ""
    return f"{sign}{abs(kopecks) // 100}.{abs(kopecks) % 100:02d}"


def half_up(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest integer, an exact half away from zero.

    Raises:
        ValueError: the denominator is not positive.
    """
    if denominator <= 0:
        raise ValueError("a denominator must be positive")
    if numerator < 0:
        return -half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)
