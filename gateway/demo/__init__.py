"""The demo: a made-up district, October's sheets of its four clubs, and what comes of them (docs/demo.md)."""
