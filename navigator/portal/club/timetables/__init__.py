"""Timetables, single lessons that differ from them, and days off: all of them rows of the register, told to programs by its feed."""
