"""Enrolling: the quote, the request, the waiting list, the club's answer, and the certificate of financing that comes with it."""
