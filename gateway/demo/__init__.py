"""The demo's inputs: a made-up district, October's sheets of its four clubs, and what must come of them (docs/demo.md)."""
