"""What a club has to say for its AlfaCRM to be read."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.plugins import BadParameter, Clocks, Text, clocks_of, secret, setting


@dataclass(frozen=True)
class AlfaCrmSettings:
    """One branch of one account."""

    host: str = setting(Text("адрес аккаунта, например klub.s20.online", "the account's address, such as klub.s20.online"))
    email: str = setting(Text("почта пользователя, от имени которого читать", "the e-mail of the user in whose name to read"))
    api_key: str = secret(Text("ключ API (v2api) этого пользователя", "this user's API key (v2api)"))
    branch: int = setting(Text("номер филиала", "the branch's number"), 1)
    app_key: str = secret(Text("ключ приложения X-APP-KEY, если аккаунт его требует", "X-APP-KEY, where the account wants one"), "")
    certificate_field: str = setting(
        Text("поле клиента с номером сертификата: custom_…", "the client's field with the certificate's number: custom_…"), ""
    )
    excused_reasons: tuple[int, ...] = setting(
        Text("номера причин пропуска, которые считаются уважительными", "numbers of the reasons of absence that excuse"), ()
    )
    trial_types: tuple[int, ...] = setting(Text("типы пробных уроков: не читаются", "types of trial lessons: they are not read"), (3,))
    window_days: int = setting(Text("за сколько дней перечитывать уроки", "how many days of lessons to read again"), 45)
    per_minute: int = setting(Text("запросов в минуту, не больше", "requests a minute at most"), 60)
    zone: str = setting(Text("по какому поясу ведёт время аккаунт", "in which time zone the account keeps its times"), "Europe/Moscow")
    club_zone: str = setting(Text("часовой пояс клуба", "the club's time zone"), "")

    def __post_init__(self) -> None:
        for name, low, high in (("branch", 1, 10**6), ("window_days", 1, 400), ("per_minute", 1, 600)):
            if not low <= getattr(self, name) <= high:
                raise BadParameter(name, Text(f"должно быть от {low} до {high}", f"must be between {low} and {high}"))
        clocks_of(self.zone, self.club_zone)

    @property
    def clocks(self) -> Clocks:
        """The system's and the club's."""
        return clocks_of(self.zone, self.club_zone)

    @property
    def address(self) -> str:
        """With its scheme; https where none is given."""
        return (self.host if "://" in self.host else f"https://{self.host}").rstrip("/")
