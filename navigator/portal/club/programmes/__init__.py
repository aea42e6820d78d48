"""Programmes and their modules: written by the club, verified by the operator."""
