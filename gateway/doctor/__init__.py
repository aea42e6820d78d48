"""`gateway doctor`: settings, connections, rights, clock, disk, database, keys: what was looked at, what is wrong, and how to mend it.

It changes nothing, makes nothing, and whatever goes wrong with one thing, the others are looked at all the same.
"""

from gateway.doctor.line import Line, Section
from gateway.doctor.rounds import examined

__all__ = ["Line", "Section", "examined"]
