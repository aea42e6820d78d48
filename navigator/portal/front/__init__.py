"""What anybody may read: the first page, the rules, what is kept of whom."""
