"""The gateway's pages: a Flask application, rendered on the server, complete without JavaScript."""

from gateway.console.app import create_app

__all__ = ["create_app"]
