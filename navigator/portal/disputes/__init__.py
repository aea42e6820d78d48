"""Disputes: a family does not agree with a debit or a mark of a lesson."""
