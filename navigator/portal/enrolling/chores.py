"""Places that become free with nobody pressing a button: an enrollment's last day has passed, or a group has got more places."""

from __future__ import annotations

from sqlalchemy import Engine

from navigator.clock import Clock
from navigator.engine import reading, writing
from navigator.portal.enrolling import letters, store


def give_places(engine: Engine, clock: Clock) -> int:
    """Free places go to those who wait, in their order, with a letter to each; how many were given."""
    with reading(engine) as connection:
        if not store.groups_with_free_places(connection, clock.today()):
            return 0
    with writing(engine) as connection:
        held: list[str] = []
        for group in store.groups_with_free_places(connection, clock.today()):
            held += store.hold_places(connection, clock, group)
        letters.places_held(connection, held)
        return len(held)
