"""The gateway's pages: a Flask application, rendered on the server, complete without JavaScript; and what systems push."""

from gateway.console.app import create_app
from gateway.console.receiving import BODY_BYTES_MAX

__all__ = ["BODY_BYTES_MAX", "create_app"]
