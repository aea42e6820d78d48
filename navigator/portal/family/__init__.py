"""A family: its children, and who may act for them."""
