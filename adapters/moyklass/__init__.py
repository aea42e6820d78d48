"""МойКласс: groups, pupils, lessons and who was there, over its company API."""
