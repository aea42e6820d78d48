"""`gateway scenario run`: a story told against fresh databases and a real Navigator process, and its exact end (docs/scenarios.md)."""

from gateway.scenario.ending import Told
from gateway.scenario.navigator import navigator_process
from gateway.scenario.reading import StoryError
from gateway.scenario.story import run_story

__all__ = ["StoryError", "Told", "navigator_process", "run_story"]
