"""СНИЛС: the insurance number that names a person in Russia, with its check sum.

Nine digits and a check number: the digits times 9 … 1; below 100 the sum is the check number itself, 100 and 101 give 00, above it is taken
modulo 101 (and 100 gives 00). Numbers up to 001-001-998 have none.
"""

from __future__ import annotations

import re

_CHECKED_ABOVE = 1_001_998


def snils_from(text: str) -> str:
    """The number as it is written on the card, «112-233-445 95», from whatever spaces and dashes a person typed.

    Raises:
        ValueError: not eleven digits, or the check number is another one.
    """
    digits = re.sub(r"[\s\-‐-―]", "", text)
    if not re.fullmatch("[0-9]{11}", digits):
        raise ValueError("eleven digits are needed")
    if int(digits[:9]) > _CHECKED_ABOVE and check_number(digits[:9]) != digits[9:]:
        raise ValueError("the check number is another one")
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:9]} {digits[9:]}"


def check_number(nine_digits: str) -> str:
    """The two digits that follow these nine."""
    total = sum(int(digit) * weight for digit, weight in zip(nine_digits, range(9, 0, -1), strict=True))
    return f"{total % 101 % 100:02d}"
