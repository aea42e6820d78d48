"""Indexes over what was accepted, for those who look at it by club, payer or certificate; without pages nobody pays for them."""

from __future__ import annotations

from sqlalchemy import Index

from navigator.tables import acceptances

INDEXES = (
    Index("operations_by_certificate", acceptances.c.certificate, acceptances.c.acceptance),
    Index("operations_by_provider", acceptances.c.provider, acceptances.c.acceptance),
    Index("operations_by_payer", acceptances.c.payer, acceptances.c.acceptance),
)
