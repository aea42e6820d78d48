"""Timesheets in files: the state form 0504608 and clubs' own month grids."""
