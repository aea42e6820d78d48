"""The catalogue of programmes: search, filters, a programme with its groups and what it would cost a family."""
