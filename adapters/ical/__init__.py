"""The adapter `icalendar`. The folder has another name, so that nobody takes it for the library it rests on."""
