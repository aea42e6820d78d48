"""A child's cabinet: timetable, visits, every debit, what the family owes, the year with its forecast, the statement."""
