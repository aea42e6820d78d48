"""Certificates of accounting, and applications for personified financing."""
