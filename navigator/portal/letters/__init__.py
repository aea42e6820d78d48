"""Letters about money that a parent asks for: the weekly digest, and each debit."""
