"""Many cards of a system that say something else all at once: an export that garbles names, or a list that was really mended.

A card is what a system knows a child by under an id of its own: name, number, birth date. Where it is corrected, the child is matched anew.
Were that done for all of a club at once, a wrong encoding would take every debit back; so above a limit a person is asked first, and until
the answer the children stay who they were.
"""

from __future__ import annotations

from gateway.core.collect import questions
from gateway.core.collect.known import CARDS, Collected, Known


def hold(collected: Collected, known: Known) -> None:
    """Keep back corrections of cards: those that wait for an answer or were declined, and new ones where they are too many at once.

    Only of children who were recognised by what their cards say: whoever waits loses nothing, and what a person has answered stays anyhow.
    """
    corrected = {
        entry.person.person: entry
        for entry in collected.persons
        if entry.is_mended and entry.member.own_id is not None and entry.person.person in known.matched
    }
    stand = {person for person, entry in corrected.items() if (person, entry.person.name_key) in known.cards_declined}
    wait = {person for person, entry in corrected.items() if known.cards_waiting.get(person) == entry.person.name_key}
    new = corrected.keys() - stand - wait
    held = new if len(new) > 1 and len(new) * 100 > len(known.matched) * known.limit_percent else set()
    kept_back = stand | wait | held
    collected.persons = [entry for entry in collected.persons if not (entry.is_mended and entry.person.person in kept_back)]
    collected.mended -= kept_back
    collected.cards_settled |= (known.cards_waiting.keys() & corrected.keys()) - wait
    collected.held_cards += [corrected[person] for person in sorted(held)]
    if held or wait:
        collected.told.clear()  # a sheet that is not compared could not settle the question
        collected.cards_known = len(known.matched)
        collected.cards_asked = len(held | wait)
        collected.findings.append((questions.cards_question(len(held | wait), len(known.matched)), CARDS))
    if held or wait or collected.cards_settled:
        collected.covered.add((CARDS, ""))
