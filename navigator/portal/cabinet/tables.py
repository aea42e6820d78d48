"""What the cabinet needs of the register's own tables."""

from __future__ import annotations

from sqlalchemy import Index

from navigator.tables import accounts

INDEXES = (Index("accounts_by_owner", accounts.c.owner, accounts.c.kind),)
"""Without it a child's accounts are looked for among everybody's; the ledger finds its own by it, too."""
