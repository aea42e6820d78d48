"""The Navigator: the reference central register, a program of its own that the gateway reaches by HTTP only.

It shares no code with the gateway but the forms of money and of ranges of days, and keeps its own small ledger:
a counterpart that shared our code would agree with our mistakes.
"""
