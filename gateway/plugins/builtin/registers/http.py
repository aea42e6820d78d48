"""The connector to a register that speaks docs/register-api.md over HTTP, the reference Navigator among them."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from gateway.plugins import Candidate, Certificate, Enrollment, RegisterGroup, RegisterProvider, Text
from gateway.plugins.builtin.registers import answers
from gateway.plugins.builtin.registers.answers import AnswerFault
from gateway.plugins.builtin.registers.wire import FaultyItem, NotConnected, Wire
from gateway.plugins.register import Acceptance, Answer, Capabilities, Outcome, Page, RegisterUnavailable, Standing, Statement

OPERATIONS_MAX = 500
"""Operations, or ids, in one request."""
PAGE_ITEMS = 1000
NUMBERS_MAX = 200
"""Certificate numbers in one address: some 4 kB."""
SENDS_AT_ONCE = 4
FAILURES_MAX = 3
"""So many chunks without an answer end a ``send``: the register is not well, and each may have cost half a minute."""

_ROOT = "/register/v1"
_log = logging.getLogger(__name__)
Item = TypeVar("Item")


class HttpRegister:
    """Reads are tried three times; operations are sent once, and what got no answer is UNANSWERED: the flow asks or sends again."""

    name = "http"
    can = Capabilities(idempotent=True, lookup=True, feed=True, attendance=True, parallel=SENDS_AT_ONCE)

    def __init__(self, url: str, pause: Callable[[float], None] = time.sleep) -> None:
        """``url``: without the path of the interface; ``pause``: waits so many seconds between tries.

        Raises:
            RegisterUnavailable: the address is none of http or https.
        """
        self._wire = Wire(url, pause)

    def catalogue(self, since: str | None) -> Page[RegisterProvider | RegisterGroup]:
        return self._page("catalogue", since, answers.catalogue_item)

    def certificates(self, since: str | None) -> Page[Certificate]:
        page = self._page("certificates", since, answers.certificates)
        return Page(tuple(chain.from_iterable(page.items)), page.cursor, page.more)

    def enrollments(self, since: str | None) -> Page[Enrollment]:
        return self._page("enrollments", since, answers.enrollment)

    def movements(self, since: str | None) -> Page[Acceptance]:
        """Money operations in the order in which the register accepted them."""
        return self._page("movements", since, answers.acceptance)

    def candidates(self, group: str, first_day: dt.date, last_day: dt.date, numbers: Sequence[str]) -> Sequence[Candidate]:
        """Children enrolled in the group within these days, and the bearers of these certificate numbers."""
        body = {"group": group, "first_day": first_day.isoformat(), "last_day": last_day.isoformat(), "numbers": list(numbers)}
        return _understood("candidates", answers.candidates, self._wire.ask("POST", f"{_ROOT}/candidates", body=body))

    def send(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        """One answer per operation, in the same order, and behind them what else the register answered. Never raises for what it does."""
        found: list[Answer] = []
        failures = 0
        for chunk in _chunks(operations):
            if failures >= FAILURES_MAX:
                found += _unanswered(chunk, Text("не отправлено: реестр не отвечает", "not sent: the register does not answer"))
                continue
            try:
                found += self._send_apart(chunk)
            except RegisterUnavailable as error:
                failures = FAILURES_MAX if isinstance(error, NotConnected) else failures + 1
                _log.warning("%d operations without an answer: %s", len(chunk), error.text.en)
                found += _unanswered(chunk, error.text)
        return found

    def lookup(self, ids: Sequence[str]) -> Sequence[Answer]:
        """ACCEPTED or UNKNOWN for each id, in the same order."""
        found: list[Answer] = []
        for chunk in _chunks(ids):
            raw = _understood("lookup", _envelope, self._wire.ask("POST", f"{_ROOT}/lookup", body={"ids": list(chunk)}))
            each = [_understood("lookup", answers.answer, one) for one in raw]
            if [one.id for one in each] != list(chunk) or any(one.outcome not in (Outcome.ACCEPTED, Outcome.UNKNOWN) for one in each):
                raise _nonsense("lookup", "answers")
            found += each
        return found

    def statement(self, month: str, payer: str | None = None) -> Statement:
        """The month's sums and money operations; ``month`` as ``YYYY-MM``."""
        params = {"month": month} | ({"payer": payer} if payer is not None else {})
        found = _understood("statement", answers.statement, self._wire.ask("GET", f"{_ROOT}/statement", params=params))
        if found.month != month:
            raise _nonsense("statement", "month")
        return found

    def attendance(self, month: str) -> Iterator[Acceptance]:
        """The last accepted status of every claim of the month, `none` included."""
        yield from _understood("attendance", answers.attendance, self._wire.ask("GET", f"{_ROOT}/attendance", params={"month": month}))

    def balances(self, numbers: Sequence[str]) -> Sequence[Standing]:
        """Where these certificates stand, one entry per nominal period."""
        found: list[Standing] = []
        for start in range(0, len(numbers), NUMBERS_MAX):
            params = {"number": list(numbers[start : start + NUMBERS_MAX])}
            found += _understood("balances", answers.balances, self._wire.ask("GET", f"{_ROOT}/balances", params=params))
        return found

    def close_month(self, month: str, payer: str, open_operations: Sequence[str]) -> str | None:
        """Close a payer's month; the digest of the register's statement. To repeat it is safe, so it is tried three times."""
        body = {"month": month, "payer": payer, "open_operations": list(open_operations)}
        raw = self._wire.ask("POST", f"{_ROOT}/months/close", body=body)
        return _understood("months/close", lambda answer: answers.closed_month(answer, payer), raw)

    def _page(self, what: str, since: str | None, item: Callable[[Mapping[str, Any]], Item | None]) -> Page[Item]:
        params = {"limit": str(PAGE_ITEMS)} | ({"since": since} if since is not None else {})
        raw = self._wire.ask("GET", f"{_ROOT}/{what}", params=params)
        page = _understood(what, lambda answer: answers.checked(answers.PAGE, answer), raw)
        if page["more"] and page["cursor"] == since:
            raise _nonsense(what, "cursor")  # else we would ask for ever
        found = [_understood(what, item, one, number) for number, one in enumerate(page["items"])]
        return Page(tuple(one for one in found if one is not None), page["cursor"], page["more"])

    def _send_apart(self, chunk: Sequence[dict[str, Any]]) -> list[Answer]:
        """As `_send`; where the register refuses the whole request, its halves by themselves: the one at fault must not hold up the
        others."""
        try:
            return self._send(chunk)
        except FaultyItem as error:
            if len(chunk) == 1:
                _log.warning("1 operation without an answer: %s", error.text.en)
                return _unanswered(chunk, error.text)
            middle = len(chunk) // 2
            return self._send_apart(chunk[:middle]) + self._send_apart(chunk[middle:])

    def _send(self, chunk: Sequence[dict[str, Any]]) -> list[Answer]:
        """The chunk's answers; an answer that cannot be understood leaves its operation UNANSWERED and harms no other."""
        raw = self._wire.ask_once("POST", f"{_ROOT}/operations", body={"operations": list(chunk)})
        given = [_answer(one) for one in _understood("operations", _envelope, raw)]
        if [answer.id for answer in given] == [operation["id"] for operation in chunk]:
            return given
        by_id: dict[str, list[Answer]] = {}
        for answer in given:
            by_id.setdefault(answer.id, []).append(answer)
        # By their ids alone: an answer may come out of order, twice, or to what another has asked.
        found = [_agreed(str(operation["id"]), by_id.pop(operation["id"], [])) for operation in chunk]
        return found + [answer for strays in by_id.values() for answer in strays]


def _answer(raw: Mapping[str, Any]) -> Answer:
    """An answer; one that cannot be understood leaves its operation UNANSWERED."""
    try:
        found = answers.answer(raw)
        if found.outcome is Outcome.UNKNOWN:
            raise AnswerFault("outcome")
    except AnswerFault as fault:
        return _unanswered([{"id": str(raw.get("id"))}], _nonsense("operations", str(fault)).text)[0]
    return found


def _agreed(operation: str, found: Sequence[Answer]) -> Answer:
    """The one answer to an operation; of two that differ, neither."""
    if not found:
        return _unanswered([{"id": operation}], _nonsense("operations", "answers").text)[0]
    return found[0] if all(one == found[0] for one in found) else _unanswered([{"id": operation}], _nonsense("operations", "id").text)[0]


def _envelope(raw: Any) -> list[dict[str, Any]]:
    listed: Any = raw.get("answers") if isinstance(raw, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        listed = answers.checked(answers.ANSWERS, raw)["answers"]  # names what is wrong
    found: list[dict[str, Any]] = listed
    return found


def _understood(what: str, reading: Callable[[Any], Item], raw: Any, number: int | None = None) -> Item:
    """``reading`` of the raw answer; a field that does not fit is named."""
    try:
        return reading(raw)
    except AnswerFault as fault:
        raise _nonsense(what, str(fault) if number is None else f"items.{number}.{fault}") from None


def _nonsense(what: str, path: str) -> RegisterUnavailable:
    return RegisterUnavailable(
        f"the register's answer to «{what}» cannot be used: the field {path} is not what the interface says",
        f"ответ реестра на «{what}» не подходит: поле {path} не такое, как в описании интерфейса",
    )


def _unanswered(chunk: Sequence[Mapping[str, Any]], reason: Text) -> list[Answer]:
    return [Answer(operation["id"], Outcome.UNANSWERED, reason=reason) for operation in chunk]


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), OPERATIONS_MAX):
        yield items[first : first + OPERATIONS_MAX]
