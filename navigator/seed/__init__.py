"""``navigator seed``: a made-up town in an empty register, of any size, the same one for the same number.

``town`` makes providers and what they offer, ``families`` children and their parents, ``places`` who attends what, ``marks`` what came of
it; ``sowing`` puts all of it into the register, by the ways that a district's files, a parent and the gateway go.
"""

CHILDREN_MAX = 100_000
"""How many children a town may have: its certificates and СНИЛС are numbered within this."""

WEEKS, WEEKS_OF_LARGE, LARGE = 8, 1, 1_000
"""How many weeks have their marks unless told: in a town of more than `LARGE` children fewer, so that it takes seconds all the same."""


def usual_weeks(children: int) -> int:
    """How many weeks of marks a town of so many children has unless told."""
    return WEEKS if children <= LARGE else WEEKS_OF_LARGE
