"""A rule: the village does not pay on Sundays."""

from gateway.plugins import Refusal, Text


class NoSundays:
    id = "V01"
    title = Text("По воскресеньям не платят", "Nothing is paid on Sundays")
    act = "the village's decision, 2025"
    parameters = None
    switchable = True
    history = "none"

    def check(self, claim, history, parameters):
        if claim.day.isoweekday() != 7:
            return None
        return Refusal(self.id, Text("воскресенье", "a Sunday"), Text("перенесите занятие", "move the lesson"))
