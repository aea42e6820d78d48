"""A district's files, taken in on a page: looked at first, and then stored, all of them or nothing."""
