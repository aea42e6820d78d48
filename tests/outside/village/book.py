"""An adapter: the visitors' book, a line per visit, «2025-10-05 4700000001 Name»."""

import datetime as dt

from gateway.plugins import Batch, Finding, Group, InputRefused, Level, Mark, Member, Place, Status, Text


class VisitorsBook:
    name = "village-book"
    title = Text("книга посетителей", "visitors' book")

    def reads(self, path):
        return path.suffix == ".book"

    def parse(self, path, mapping, month, now):
        lines = path.read_text(encoding="utf-8").splitlines()
        if not lines:
            what, cure = Text("книга пуста", "the book is empty"), Text("впишите посещения", "write visits into it")
            raise InputRefused(Finding(Level.UNREAD, Place(), what, cure))
        group, members, marks = lines[0], {}, []
        for row, line in enumerate(lines[1:], start=2):
            day, number, name = line.split(" ", 2)
            place = Place(path.name, row, "A")
            members.setdefault(number, Member(number, group, name, place, certificate=number))
            marks.append(Mark(number, dt.date.fromisoformat(day), Status.ATTENDED, place))
        yield Batch(records=(Group(group, Place(path.name, 1, "A")), *members.values(), *marks))
