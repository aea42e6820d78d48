"""How a debit was computed: price and normative of a lesson, who pays what of it.

The register holds a debit's sum and lesson, not the price of that day; so the sum is worked out again by the module's present price, and
whether it comes to the same is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from navigator.portal.catalogue.costs import of_lesson

Item = Mapping[str, Any]


class Reckoning(NamedTuple):
    """A lesson worked out by its module, in kopecks. ``unit``: lesson or academic_hour; ``minutes`` long.

    ``certificate_kopecks``: the lesser of today's price and normative; ``debited_kopecks``: what the certificate paid.
    """

    unit: str
    minutes: int
    unit_price_kopecks: int
    unit_normative_kopecks: int
    price_kopecks: int
    normative_kopecks: int
    debited_kopecks: int

    @property
    def certificate_kopecks(self) -> int:
        return min(self.price_kopecks, self.normative_kopecks)

    @property
    def agrees(self) -> bool:
        """Whether today's price gives what was debited."""
        return self.certificate_kopecks == self.debited_kopecks

    @property
    def family_kopecks(self) -> int:
        """What of the price is left to the family."""
        return max(0, self.price_kopecks - self.debited_kopecks)


def reckoned(module: Item, minutes: int | None, debited_kopecks: int) -> Reckoning | None:
    """None where the module does not say enough, or a price by hours meets a lesson whose length nobody knows."""
    unit, price, normative = module["unit"], module["unit_price_kopecks"], module["unit_normative_kopecks"]
    if unit is None or price is None or normative is None or (minutes is None and unit != "lesson"):
        return None
    long = minutes or 0
    return Reckoning(unit, long, price, normative, of_lesson(price, unit, long), of_lesson(normative, unit, long), debited_kopecks)
