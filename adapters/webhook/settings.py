"""How a system that pushes signs, and where in its JSON the marks are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from gateway.plugins import BadParameter, Clocks, Text, clocks_of, secret, setting

EXPRESSIONS = (
    "delivery", "items", "group", "child", "child_id", "certificate", "birth_date", "date", "starts_at", "ends_at", "lesson", "status",
    "revision",
)  # fmt: skip
NEEDED = ("items", "group", "child", "date", "status")
CANCELLED = "cancelled"
MEANINGS = ("attended", "late", "absent", "excused", "nothing", CANCELLED)


@dataclass(frozen=True)
class WebhookSettings:
    """One system. What names a place in the JSON is a JMESPath; all but ``delivery`` and ``items`` are read within an item."""

    key: str = secret(Text("секрет подписи", "the signing secret"))
    key_before: str = secret(Text("прежний секрет, пока его меняют", "the secret before, while it is being changed"), "")
    signature: Literal["standard", "hmac", "secret"] = setting(
        Text(
            "standard (Standard Webhooks), hmac (HMAC-SHA256 тела в заголовке) или secret (сам секрет в заголовке)",
            "standard (Standard Webhooks), hmac (HMAC-SHA256 of the body in a header) or secret (the secret itself in a header)",
        ),
        "standard",
    )
    header: str = setting(Text("заголовок подписи hmac или secret", "the header of an hmac or secret signature"), "x-signature")
    prefix: str = setting(Text("что стоит в заголовке перед подписью: sha256=", "what stands before the signature: sha256="), "")
    delivery: str = setting(Text("номер доставки (кроме standard)", "the delivery's number (not for standard)"), "")
    items: str = setting(Text("список отметок", "the list of marks"), "@")
    group: str = setting(Text("группа, словами источника", "the group, in the source's words"), "group")
    child: str = setting(Text("имя ребёнка", "the child's name"), "child")
    child_id: str = setting(Text("номер ребёнка в системе", "the child's number in the system"), "child_id")
    certificate: str = setting(Text("номер сертификата", "the certificate's number"), "certificate")
    birth_date: str = setting(Text("дата рождения", "the birth date"), "birth_date")
    date: str = setting(Text("день занятия, можно со временем", "the lesson's day, perhaps with its time"), "date")
    starts_at: str = setting(Text("начало занятия ЧЧ:ММ", "the lesson's start HH:MM"), "starts_at")
    ends_at: str = setting(Text("конец занятия ЧЧ:ММ", "the lesson's end HH:MM"), "ends_at")
    lesson: str = setting(Text("номер занятия в системе", "the lesson's number in the system"), "lesson")
    status: str = setting(Text("отметка", "the mark"), "status")
    revision: str = setting(Text("версия или время изменения", "the revision or time of change"), "revision")
    statuses: tuple[str, ...] = setting(
        Text("что значат отметки: «слово=attended», …", "what the marks mean: “word=attended”, …"),
        ("attended=attended", "late=late", "absent=absent", "excused=excused", "cancelled=cancelled", "none=nothing"),
    )
    zone: str = setting(Text("по какому поясу время без смещения", "in which time zone times without an offset are"), "Europe/Moscow")
    club_zone: str = setting(Text("часовой пояс клуба", "the club's time zone"), "")

    def __post_init__(self) -> None:
        for name in EXPRESSIONS:
            text = getattr(self, name)
            if not text and name in NEEDED:
                raise BadParameter(name, Text("не может быть пустым", "must not be empty"))
            if text:
                try:
                    jmespath.compile(text)
                except JMESPathError:
                    raise BadParameter(name, Text(f"«{text}» не JMESPath", f"“{text}” is no JMESPath")) from None
        for pair in self.statuses:
            word, sign, meaning = pair.rpartition("=")
            if not sign or not word.strip() or meaning.strip() not in MEANINGS:
                told = ", ".join(MEANINGS)
                raise BadParameter("statuses", Text(f"«{pair}»: нужно слово=одно из {told}", f"“{pair}” must be word=one of {told}"))
        clocks_of(self.zone, self.club_zone)

    @cached_property
    def clocks(self) -> Clocks:
        """The system's and the club's."""
        return clocks_of(self.zone, self.club_zone)

    @cached_property
    def places(self) -> dict[str, ParsedResult]:
        """The expressions that are given, compiled."""
        return {name: jmespath.compile(getattr(self, name)) for name in EXPRESSIONS if getattr(self, name)}

    @cached_property
    def meanings(self) -> dict[str, str]:
        """A mark's word, folded → what it means."""
        return {word.strip().casefold(): meaning.strip() for word, _, meaning in (pair.rpartition("=") for pair in self.statuses)}
