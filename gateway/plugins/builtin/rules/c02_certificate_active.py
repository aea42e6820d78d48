"""C02: the certificate is active on the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from gateway.plugins import Eligibility, EnrollmentView, Refusal, Text, day_text, joined
from gateway.plugins.builtin.rules.days_in_force import days_in_force

_WORDS = {
    "requested": Text("запрошен", "requested"),
    "frozen": Text("заморожен", "frozen"),
    "closed": Text("закрыт", "closed"),
}


class CertificateActive:
    """C02. Reads the certificate's dated states. No certificate: C01 speaks."""

    id = "C02"
    title = Text("Сертификат активен в день занятия", "The certificate is active on the lesson's day")
    act = "assumed"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        if enrollment.certificate is None:
            return None
        states = enrollment.certificate.states
        return Eligibility(days_in_force(states, "active"), lambda: self._refusal(states))

    def _refusal(self, states: Sequence[tuple[str, dt.date | None]]) -> Refusal:
        others = []
        for state, first in states:
            word = _WORDS.get(state, Text(f"состояние «{state}»", f"state “{state}”"))
            since = day_text(first) if first else None
            if state != "active":
                others.append(Text(f"{word.ru} с {since.ru}", f"{word.en} since {since.en}") if since else word)
        told = joined(others) if others else Text("раньше начала действия", "before it came into force")
        if not states:
            told = Text("состояние не указано", "its state is not stated")
        reason = Text(f"сертификат в этот день не активен: {told.ru}", f"the certificate is not active on that day: {told.en}")
        cure = Text(
            "снять заморозку или активировать сертификат может муниципалитет в Навигаторе; иначе снимите отметку",
            "the municipality unfreezes or activates it in the Navigator; otherwise take the mark back",
        )
        return Refusal(self.id, reason, cure)
