"""The children who are enrolled in a club's groups."""
