"""A club asks for a place on a family's behalf, by the certificate's number; the family confirms or declines."""
