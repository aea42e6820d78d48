"""The check sum of a СНИЛС. It is computed where the register's answer is read, and the number goes no further."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(\d{3})[ -]?(\d{3})[ -]?(\d{3})[ -]?(\d{2})", re.ASCII)
_LAST_WITHOUT_CHECK_SUM = 1_001_998


def snils_is_valid(snils: str | None) -> bool | None:
    """Whether the check sum agrees; None where no number is given, False where it is no СНИЛС at all.

    Nine digits times 9 … 1: a sum below 100 is the check number itself, 100 and 101 give 00, above that the rest of the division by 101
    does (100 again gives 00). Numbers up to 001-001-998 have none.
    """
    if snils is None or not snils.strip():
        return None
    found = _NUMBER.fullmatch(snils.strip())
    if found is None:
        return False
    digits, check = "".join(found.groups()[:3]), int(found.group(4))
    if int(digits) <= _LAST_WITHOUT_CHECK_SUM:
        return True
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 0, -1), strict=True))
    return check == total % 101 % 100
