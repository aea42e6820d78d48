"""The Navigator's pages for families, clubs and the operator: docs/navigator.md.

A Flask application of its own beside the register's interface for programs, in the same process and on the same database. It is imported
when somebody first asks for a page, so that a register that only talks to programs starts as fast as ever.

One folder per subject, with the same files in each: ``pages`` (routes), ``forms`` (what a person may type), ``store`` (tables and SQL).
What all subjects share lies beside them: `access` (who may what), `sessions`, `mail`, `audit`, `region`, `speech` (languages).
"""
