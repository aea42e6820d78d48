"""AlfaCRM: groups, clients, lessons and who was there, over its v2api."""
