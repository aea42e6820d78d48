"""Builders of what tests need: sheets as clubs have them."""
