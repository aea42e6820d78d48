"""Municipalities with their limits, and the register of providers with its agreements."""
