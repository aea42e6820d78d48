"""Who a member of an input is, among the persons that are known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from gateway.core.collect.known import Collected, Known, NewPerson, Person
from gateway.core.facts import Member
from gateway.core.names import folded, person_words


class PersonBook:
    """Finds the person of each member, among those that are known and those of this input."""

    def __init__(self, known: Known) -> None:
        self._key_of = known.key_of
        self._cards_waiting = known.cards_waiting
        self._by_identity: dict[str, Person] = {}
        self._by_name: dict[tuple[str, str], list[Person]] = defaultdict(list)
        self._by_number: dict[int, Person] = {}
        self._next = known.next_person
        for person in known.persons:
            self._remember(person)

    def _remember(self, person: Person) -> None:
        self._by_identity[person.identity] = person
        self._by_number[person.person] = person
        self._by_name[(person.group, person.name_key)].append(person)

    def of_members(self, members: list[Member], reference: Mapping[str, str], collected: Collected) -> dict[str, int]:
        """The person of each member, by the member's key within its batch."""
        alike = Counter((member.group, folded(member.name)) for member in members if member.certificate is None)
        numbered = {(member.group, folded(member.name)) for member in members if member.certificate is not None}
        rows: dict[tuple[str, str], list[int | None]] = defaultdict(list)
        for member in members:
            rows[(member.group, folded(member.name))].append(member.place.row)
        found: dict[str, int] = {}
        for member in members:
            name = (member.group, folded(member.name))
            is_namesake = member.certificate is None and not (member.own_id or member.reference) and (alike[name] > 1 or name in numbered)
            found[member.key] = self._person(member, reference[member.group], rows[name] if is_namesake else None, collected)
        return found

    def _person(self, member: Member, group: str, alike_rows: list[int | None] | None, collected: Collected) -> int:
        resent = self._by_number.get(person_referred(member.reference)) if member.reference else None
        if resent is not None:
            return self._mended(resent, member, group, collected).person if member.is_mended else resent.person
        name_key = self._name_key(member)
        row = member.place.row if alike_rows is not None else None
        identity = self._key_of(_identity_words(member, group, row, alike_rows or []))
        person = self._by_identity.get(identity)
        if person is not None:
            return self._of_card(person, name_key, member, collected).person
        same = self._same_name(group, name_key, member.certificate is not None) if row is None and member.own_id is None else None
        number = same.person if same is not None else self._next
        self._next += same is None
        person = Person(number, identity, name_key, group, member.certificate is not None, row)
        self._remember(person)
        collected.persons.append(NewPerson(person, member, is_known=same is not None))
        return number

    def _name_key(self, member: Member) -> str:
        """What the member's name is remembered by; of one with an id of its own the whole card, so that a correction of it is seen."""
        if member.own_id is None:
            return self._key_of("name|" + folded(member.name))
        birth_date = member.birth_date.isoformat() if member.birth_date is not None else ""
        return self._key_of(f"card|{folded(member.name)}|{birth_date}|{member.certificate or ''}")

    def _of_card(self, person: Person, name_key: str, member: Member, collected: Collected) -> Person:
        """The person of a known id: where its card says another name, birth date or number now, it is matched anew by them.

        A number that is gone says nothing about whose it was: the child stays.
        """
        has_number = member.certificate is not None
        if member.own_id is None or person.name_key == name_key or (person.has_number and not has_number):
            if person.person in self._cards_waiting and person.person not in collected.mended:
                collected.cards_settled.add(person.person)
            return person
        corrected = person._replace(name_key=name_key, has_number=has_number)
        self._remember(corrected)
        for place, entry in enumerate(collected.persons):
            if entry.person.person == person.person and not entry.is_known:  # first told in this very input: nothing is to be corrected yet
                collected.persons[place] = NewPerson(corrected, member, is_known=False)
                return corrected
        collected.persons.append(NewPerson(corrected, member, is_known=True, is_mended=True))
        collected.mended.add(corrected.person)
        return corrected

    def _mended(self, person: Person, member: Member, group: str, collected: Collected) -> Person:
        """The person of a row that comes back with another name or number: the same one, told by them from here on.

        Where they are another known person's it keeps what it was told by; both are matched with the same child then.
        """
        identity = self._key_of(_identity_words(member, group, None, []))
        if self._by_identity.get(identity, person).person != person.person:
            identity = person.identity
        name_key = self._name_key(member)
        mended = Person(person.person, identity, name_key, person.group, member.certificate is not None, None)
        if mended != person:
            collected.mended.add(mended.person)
        if mended != person or not any(entry.person == mended for entry in collected.persons):
            collected.persons.append(NewPerson(mended, member, is_known=True, is_mended=True))
        self._remember(mended)
        return mended

    def _same_name(self, group: str, name_key: str, has_number: bool) -> Person | None:
        """The one known member of that name in the group whose row has since gained, or lost, its number."""
        latest = {person.person: person for person in self._by_name[(group, name_key)]}
        if len(latest) != 1:
            return None
        (person,) = latest.values()
        return person if person.row is None and person.has_number is not has_number else None


def person_referred(reference: str) -> int:
    """The person that a reference of the gateway's own names; 0: none. Whether it is ours was asked before (`resent.only_ours`)."""
    number = reference.split("-")[0]
    return int(number) if number.isdecimal() else 0


def _identity_words(member: Member, group: str, row: int | None, alike_rows: list[int | None]) -> str:
    """What a member is known by: the source's own id, else the number, else name and birth date, else name and group.

    Namesakes are known by their rows, all of them together: where one row above is added, the answers given for the old rows must not slide
    on to the other child.
    """
    if member.own_id is not None:
        return f"own|{member.own_id}"
    name = folded(member.name)
    if member.certificate is not None:
        return f"number|{member.certificate}|{person_words(name)}"
    if row is not None:
        return f"row|{name}|{group}|{row}|{alike_rows}"
    if member.birth_date is not None:
        return f"birth|{name}|{member.birth_date.isoformat()}"
    return f"name|{name}|{group}"
