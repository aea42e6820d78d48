"""Accounts: registering, signing in and out, passwords, and the sign-ins that can be ended."""
