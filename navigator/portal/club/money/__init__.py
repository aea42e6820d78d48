"""What a club is to be paid: the register's own ledger, by month and programme."""
