"""What a club has to say for its МойКласс to be read."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.plugins import BadParameter, Clocks, Text, clocks_of, secret, setting

LIMIT_PER_SECOND = 7
"""What the vendor allows."""


@dataclass(frozen=True)
class MoyKlassSettings:
    """One company, or one branch of it."""

    api_key: str = secret(Text("ключ API: Настройки → API", "the API key: Settings → API"))
    host: str = setting(Text("адрес API", "the API's address"), "api.moyklass.com")
    filial: int = setting(Text("номер филиала; 0 — все", "the branch's number; 0 is all"), 0)
    certificate_attribute: str = setting(
        Text("признак ученика с номером сертификата (псевдоним)", "the pupil's attribute with the certificate's number (its alias)"), ""
    )
    birthday_attribute: str = setting(
        Text("признак ученика с датой рождения (псевдоним)", "the pupil's attribute with the birth date (its alias)"), "birthday"
    )
    studying: tuple[int, ...] = setting(
        Text("статусы записи в группу, при которых ученик в ней учится", "statuses of a join with which a pupil is in the group"), (2,)
    )
    window_days: int = setting(Text("за сколько дней перечитывать занятия", "how many days of lessons to read again"), 45)
    per_second: int = setting(Text("запросов в секунду, не больше", "requests a second at most"), 5)
    zone: str = setting(Text("по какому поясу ведёт время компания", "in which time zone the company keeps its times"), "Europe/Moscow")
    club_zone: str = setting(Text("часовой пояс клуба", "the club's time zone"), "")

    def __post_init__(self) -> None:
        for name, low, high in (("filial", 0, 2**31), ("window_days", 1, 400), ("per_second", 1, LIMIT_PER_SECOND)):
            if not low <= getattr(self, name) <= high:
                raise BadParameter(name, Text(f"должно быть от {low} до {high}", f"must be between {low} and {high}"))
        clocks_of(self.zone, self.club_zone)

    @property
    def clocks(self) -> Clocks:
        """The system's and the club's."""
        return clocks_of(self.zone, self.club_zone)

    @property
    def of_filial(self) -> dict[str, int]:
        """The filter by branch; empty where all are read."""
        return {"filialId": self.filial} if self.filial else {}

    @property
    def address(self) -> str:
        """With its scheme; https where none is given."""
        return (self.host if "://" in self.host else f"https://{self.host}").rstrip("/")
