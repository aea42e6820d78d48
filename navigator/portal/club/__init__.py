"""The club's pages: its programmes and their verification, groups, timetables, enrollments, and what it is to be paid."""
