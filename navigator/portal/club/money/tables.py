"""An index over what was accepted, for a club that looks at one of its months; without pages nobody pays for it."""

from __future__ import annotations

from sqlalchemy import Index

from navigator.tables import acceptances

INDEXES = (Index("operations_by_month_of_provider", acceptances.c.provider, acceptances.c.month, acceptances.c.acceptance),)
