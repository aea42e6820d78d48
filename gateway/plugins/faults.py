"""What a person is told when a system gives nothing: never a query, a path, a header or a name; of what the system says, a masked line."""

from __future__ import annotations

from gateway.core.facts import Text
from gateway.plugins.source import SourceRefused, SourceUnavailable

_LATER = Text("повторите позже; что уже прочитано, сохранено", "try again later; what was read before is kept")
_ASK_VENDOR = Text("если не пройдёт за час, спросите поддержку системы", "if it lasts more than an hour, ask the system's support")


def not_reached(host: str) -> SourceUnavailable:
    return SourceUnavailable(
        Text(f"{host} недоступен: соединиться не удалось", f"{host} cannot be reached: no connection came about"),
        Text("проверьте адрес и связь с интернетом, повторите позже", "check the address and the network, and try again later"),
    )


def cut(host: str) -> SourceUnavailable:
    return SourceUnavailable(Text(f"связь с {host} прервалась", f"the connection to {host} was cut"), _LATER)


def too_slow(host: str) -> SourceUnavailable:
    return SourceUnavailable(Text(f"{host} не отвечает вовремя", f"{host} does not answer in time"), _LATER)


def out_of_order(host: str, status: int) -> SourceUnavailable:
    return SourceUnavailable(
        Text(f"{host} сейчас не работает (HTTP {status})", f"{host} is out of order (HTTP {status})"),
        Text(f"{_LATER.ru}; {_ASK_VENDOR.ru}", f"{_LATER.en}; {_ASK_VENDOR.en}"),
    )


def too_often(host: str, seconds: float | None) -> SourceUnavailable:
    """``seconds``: how long the system wants to be left alone, where it is longer than anybody waits."""
    if seconds is None:
        what = Text(f"{host} просит спрашивать реже (HTTP 429)", f"{host} wants to be asked less often (HTTP 429)")
    else:
        minutes = max(1, round(seconds / 60))
        what = Text(f"{host} просит не спрашивать ещё {minutes} мин", f"{host} wants to be left alone for {minutes} more minutes")
    return SourceUnavailable(
        what, Text("повторите позже или уменьшите частоту в настройках", "try again later, or lower the rate in the settings")
    )


def no_data(host: str, is_page: bool) -> SourceUnavailable:
    if is_page:
        return SourceUnavailable(
            Text(
                f"{host} ответил страницей вместо данных: похоже, идут работы",
                f"{host} answered with a page instead of data: perhaps maintenance",
            ),
            Text(
                "повторите позже; если не пройдёт, проверьте адрес в настройках",
                "try again later; if it lasts, check the address in the settings",
            ),
        )
    return SourceUnavailable(
        Text(f"{host} ответил тем, что не читается как данные", f"{host} answered something that cannot be read as data"), _ASK_VENDOR
    )


def unexpected(host: str, field: str) -> SourceUnavailable:
    """The answer is data, but not what the protocol says. ``field``: where it differs."""
    return SourceUnavailable(
        Text(f"ответ {host} не такой, как в описании: {field}", f"the answer of {host} is not what its description says: {field}"),
        Text(
            "если повторится, система изменилась: сообщите автору адаптера",
            "if it comes again, the system has changed: tell the adapter's author",
        ),
    )


def too_large(host: str, megabytes: int) -> SourceRefused:
    return SourceRefused(
        Text(f"ответ {host} больше {megabytes} МБ и не принят", f"the answer of {host} is larger than {megabytes} MB and was not taken"),
        Text("уменьшите размер страницы или срок в настройках", "ask for smaller pages or fewer days in the settings"),
    )


def sent_elsewhere(host: str) -> SourceRefused:
    return SourceRefused(
        Text(f"{host} отсылает на другой адрес; ключ туда не отправлен", f"{host} sends elsewhere; the key was not sent there"),
        Text("впишите в настройки прямой адрес системы", "set the system's own address in the settings"),
    )


def not_trusted(host: str) -> SourceRefused:
    return SourceRefused(
        Text(f"сертификат TLS сервера {host} не прошёл проверку", f"the TLS certificate of {host} could not be verified"),
        Text(
            "проверьте адрес и часы; свой удостоверяющий центр укажите в REQUESTS_CA_BUNDLE; отключить проверку нельзя",
            "check the address and the clock; name an authority of your own in REQUESTS_CA_BUNDLE; the check cannot be switched off",
        ),
    )


def wrong_address(address: str) -> SourceRefused:
    return SourceRefused(
        Text(f"адрес «{address}» не подходит", f"the address “{address}” does not fit"),
        Text("нужен адрес, начинающийся с https://", "an address that starts with https:// is needed"),
    )


def not_permitted(host: str, status: int, told: str) -> SourceRefused:
    return SourceRefused(
        Text(f"{host} не пускает (HTTP {status}{told})", f"{host} does not let us in (HTTP {status}{told})"),
        Text(
            "проверьте ключ в настройках и права его владельца в системе",
            "check the key in the settings, and the rights of its owner in the system",
        ),
    )


def refused(host: str, status: int, told: str) -> SourceRefused:
    return SourceRefused(
        Text(f"{host} не принимает запрос (HTTP {status}{told})", f"{host} refuses the request (HTTP {status}{told})"),
        Text(
            "проверьте адрес и настройки; если верны, сообщите автору адаптера",
            "check the address and the settings; if they are right, tell the adapter's author",
        ),
    )


def restless(host: str) -> SourceUnavailable:
    return SourceUnavailable(
        Text(
            f"список {host} меняется всё время, пока его читают: прочесть его целиком не удалось",
            f"a list of {host} keeps changing while it is read: it could not be read as a whole",
        ),
        Text("повторите позже, когда в системе не работают", "try again later, when nobody works in the system"),
    )
