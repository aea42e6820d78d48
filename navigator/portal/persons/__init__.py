"""Persons of clubs, municipalities and the operator: who there is, inviting and ending."""
