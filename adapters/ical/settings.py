"""What a club has to say for its calendar to be read."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal
from urllib.parse import urlsplit

from gateway.plugins import BadParameter, Clocks, Text, clocks_of, secret, setting


@dataclass(frozen=True)
class IcalendarSettings:
    """One calendar."""

    address: str = setting(Text("адрес календаря, если он не тайный", "the calendar's address, where it is no secret"), "")
    secret_address: str = secret(
        Text("тайный адрес календаря: кто его знает, тот читает", "the calendar's secret address: whoever knows it can read"), ""
    )
    protocol: Literal["ics", "caldav"] = setting(
        Text("ics: файл по ссылке; caldav: сервер календарей", "ics: a file by its link; caldav: a calendar server"), "ics"
    )
    user: str = setting(Text("имя для входа, если оно нужно", "the name to log in with, where one is needed"), "")
    password: str = secret(Text("пароль приложения для этого имени", "the application password of that name"), "")
    group_by: Literal["summary", "categories", "location"] = setting(
        Text("что в событии называет группу: название, категория или место", "what of an event names the group"), "summary"
    )
    group: str = setting(Text("весь календарь — одна группа: её название", "all of the calendar is one group: its title"), "")
    prefix: str = setting(
        Text(
            "занятия — только события, чья группа начинается так; начало отбрасывается", "only events whose group begins so; it is cut off"
        ),
        "",
    )
    window_days: int = setting(Text("за сколько дней перечитывать", "how many days to read again"), 45)
    ahead_days: int = setting(Text("на сколько дней вперёд читать", "how many days to read ahead"), 31)
    per_minute: int = setting(Text("запросов в минуту, не больше", "requests a minute at most"), 30)
    zone: str = setting(Text("по какому поясу время без пояса", "in which time zone times without a zone are"), "Europe/Moscow")
    club_zone: str = setting(Text("часовой пояс клуба", "the club's time zone"), "")

    def __post_init__(self) -> None:
        for name, low, high in (("window_days", 1, 400), ("ahead_days", 0, 400), ("per_minute", 1, 600)):
            if not low <= getattr(self, name) <= high:
                raise BadParameter(name, Text(f"должно быть от {low} до {high}", f"must be between {low} and {high}"))
        if bool(self.address) == bool(self.secret_address):
            raise BadParameter(
                "address", Text("нужен address или secret_address, одно из двух", "give address or secret_address, one of the two")
            )
        if bool(self.user) != bool(self.password):
            raise BadParameter("password", Text("user и password нужны оба или ни одного", "give both user and password, or neither"))
        if not all(map(str.isprintable, (self.url, self.user))) or " " in self.url:
            raise BadParameter(
                "address", Text("в адресе или имени лишние знаки", "the address or the name has signs that do not belong there")
            )
        if self.group and self.prefix:
            raise BadParameter(
                "prefix", Text("с group не нужен: весь календарь — одна группа", "not with group: all of the calendar is one")
            )
        clocks_of(self.zone, self.club_zone)

    @property
    def clocks(self) -> Clocks:
        """The system's and the club's."""
        return clocks_of(self.zone, self.club_zone)

    @property
    def url(self) -> str:
        """With its scheme; webcal is https by another name."""
        given = self.address or self.secret_address
        scheme, found, rest = given.partition("://")
        if not found:
            return f"https://{given}"
        return f"https://{rest}" if scheme.lower() in ("webcal", "webcals") else given

    @property
    def origin(self) -> str:
        """Scheme and host."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def path(self) -> str:
        """What stands behind the host, query and all. It may be a secret."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    @property
    def shown(self) -> str:
        """An address that a person may see: nothing of a secret one but its host, and never a query."""
        return self.origin + (urlsplit(self.url).path or "/" if self.address else "/")

    def digest(self, about: object) -> str:
        """A short word that is another where the settings that decide the lessons, or ``about``, are."""
        said = (self.url, self.protocol, self.user, self.group_by, self.group, self.prefix, self.zone, self.club_zone, about)
        return blake2b(repr(said).encode(), digest_size=12).hexdigest()
