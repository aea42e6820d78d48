"""Groups: where and when, who teaches, how many places."""
