"""Operations as they arrive: attendance, debits, reversals."""
