"""Certificates as the operator keeps them: looked up, changed with a reason, their history."""
