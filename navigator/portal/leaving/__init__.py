"""Leaving a group: one application, by which the child is expelled and the contract ends together."""
