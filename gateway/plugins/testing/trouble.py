"""Promises about trouble: a system that is slow, cut off, under repair, or does not want us; and secrets, which nobody sees."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import re
import threading
import time
import traceback
from collections.abc import Iterator
from urllib.parse import parse_qs

from gateway.plugins.source import Checked, SourceError, SourceRefused, SourceUnavailable, Verdict
from gateway.plugins.testing.club import NOW
from gateway.plugins.testing.promises import LIVE, keep, promise
from gateway.plugins.testing.reading import all_is_told
from gateway.plugins.testing.rig import LIMITS, Rig
from gateway.plugins.testing.traffic import Fault, Request

CONNECTIONS_MAX = 3
ENDLESS_BYTES = 48 << 20
"""Far above the client's limit within the kit; what the network keeps in its buffers is counted too."""


def _passes(rig: Rig, *faults: Fault, times: int = 2, after: int = 2) -> None:
    """The trouble passes after some requests: the reading is whole all the same."""
    for fault in faults:
        emulator = rig.restart(page_size=5)
        emulator.fail(fault, times, rig.moment(after))
        all_is_told(rig, rig.pulled())


def _lasts(rig: Rig, *faults: Fault, kind: type[SourceError] = SourceUnavailable) -> None:
    """The trouble does not pass: it is told soon, in words that help."""
    for fault in faults:
        emulator = rig.restart()
        emulator.fail(fault, after=rig.moment(1))
        started = time.monotonic()
        _, error = rig.pull_until_it_fails()
        keep(error is not None, f"{fault}: the reading ended as if nothing had happened")
        keep(isinstance(error, kind), f"{fault}: {type(error).__name__} came out, {kind.__name__} is meant for it")
        assert error is not None
        keep(all((error.what.ru, error.what.en, error.cure.ru, error.cure.en)), f"{fault}: told without a cure, or in one language")
        keep(time.monotonic() - started < 30, f"{fault}: it took {time.monotonic() - started:.0f} s to tell")
        keep(len(emulator.log) <= 20, f"{fault}: asked {len(emulator.log)} times")


@promise("a time that the system names is waited for", "who goes on asking is shut out for a day")
def a_named_time_is_waited_for(rig: Rig) -> None:
    emulator = rig.restart(page_size=5)
    moment = rig.moment(2)
    emulator.fail(Fault.TOO_MANY, times=1, after=moment, value="17")
    all_is_told(rig, rig.pulled())
    waited = emulator.log[moment + 1].at - emulator.log[moment].at
    keep(waited >= 17, f"Retry-After was 17 seconds, the next request came after {waited:.1f}")


@promise("«too many requests» is waited for", "a system that is busy for a minute would cost a night")
def too_many_requests_pass(rig: Rig) -> None:
    _passes(rig, Fault.TOO_MANY_NO_TIME)
    pauses = [pause for pause in rig.clock.slept if pause >= LIMITS.backoff_seconds / 2]
    keep(bool(pauses), "it was asked again at once")


@promise("a server's error that passes does no harm", "errors of a minute are daily bread")
def server_errors_pass(rig: Rig) -> None:
    _passes(rig, Fault.SERVER_ERROR, Fault.UNDER_REPAIR)


@promise("a server's error that lasts is told as such", "«try again later» is another cure than «mend your settings»")
def server_errors_that_last_are_told(rig: Rig) -> None:
    _lasts(rig, Fault.SERVER_ERROR, Fault.TOO_MANY_NO_TIME)


@promise("a connection that is cut is made again", "mobile networks and proxies cut what they like")
def cut_connections_are_made_again(rig: Rig) -> None:
    _passes(rig, Fault.CUT)
    _lasts(rig, Fault.CUT)


@promise("an answer that drips byte by byte is given up", "one slow server would keep all other clubs waiting")
def a_dripping_answer_is_given_up(rig: Rig) -> None:
    _lasts(rig, Fault.DRIP)


@promise(
    "a page of maintenance is no data, and no fault of the settings",
    "with 200 it looks like an answer: «no lessons» would be read out of it",
)
def a_page_of_maintenance_is_no_data(rig: Rig) -> None:
    _passes(rig, Fault.PAGE)
    _lasts(rig, Fault.PAGE, Fault.UNDER_REPAIR)


@promise("half an answer is no answer", "what is missing from it would be withdrawn")
def half_an_answer_is_none(rig: Rig) -> None:
    _passes(rig, Fault.HALF)
    _lasts(rig, Fault.HALF)


@promise("an answer of another shape is told, not stumbled over", "«KeyError: 'items'» helps no secretary")
def another_shape_is_told(rig: Rig) -> None:
    _lasts(rig, Fault.SHAPE, kind=SourceError)


@promise("a server that is not there is told", "a typing error in the address must be found by who made it")
def a_server_that_is_not_there_is_told(rig: Rig) -> None:
    rig.emulator.stop()
    found, error = rig.pull_until_it_fails()
    keep(isinstance(error, SourceUnavailable) and not found, f"{error!r} came out")


@promise("a token that ends in the middle is renewed, once", "a reading of an hour outlives its token", {"tokens", LIVE})
def a_token_is_renewed_in_the_middle(rig: Rig) -> None:
    emulator = rig.restart(page_size=5)
    emulator.fail(Fault.EXPIRED, times=1, after=4)
    all_is_told(rig, rig.pulled())
    keep(len(emulator.tokens) == 2, f"{len(emulator.tokens)} tokens were fetched; one, and another after its end, would do")


@promise("one token serves a whole reading", "systems count logins, and lock an account that logs in too often", {"tokens", LIVE})
def one_token_serves(rig: Rig) -> None:
    rig.restart(page_size=5)
    rig.pull()
    keep(len(rig.emulator.tokens) == 1, f"{len(rig.emulator.tokens)} tokens were fetched")


@promise("a token is renewed when its time is over", "an hour later everything would be refused", {"tokens", LIVE})
def an_old_token_is_renewed(rig: Rig) -> None:
    source = rig.source()
    list(source.pull(None, NOW))
    rig.clock.put_forward(10 + (rig.emulator.token_seconds or 0))
    list(source.pull(None, NOW))
    keep(len(rig.emulator.tokens) == 2, f"{len(rig.emulator.tokens)} tokens were fetched in two readings, one token's life apart")


@promise("a wrong key is told, and not tried again and again", "the account would be locked, and the club's own people with it", {LIVE})
def a_wrong_key_is_told(rig: Rig) -> None:
    source = rig.source()
    rig.emulator.key = "another-key"
    error: SourceError | None = None
    try:
        list(source.pull(None, NOW))
    except SourceError as caught:
        error = caught
    keep(isinstance(error, SourceRefused), f"{error!r} came out; SourceRefused is meant for it")
    keep(len(rig.emulator.log) <= 4, f"it was asked {len(rig.emulator.log)} times with a wrong key")


@promise(
    "a right that is missing is told, and not tried again and again", "a person has to give the right; asking more often does not help"
)
def a_missing_right_is_told(rig: Rig) -> None:
    _lasts(rig, Fault.FORBIDDEN, kind=SourceRefused)
    keep(len(rig.emulator.log) <= 8, f"it was asked {len(rig.emulator.log)} times")


@promise("an answer without an end is left", "one broken system would fill the gateway's memory, and stop all clubs")
def an_answer_without_an_end_is_left(rig: Rig) -> None:
    _lasts(rig, Fault.OVERSIZED, kind=SourceError)
    keep(rig.emulator.poured_bytes < ENDLESS_BYTES, f"{rig.emulator.poured_bytes >> 20} MB of it were taken")


@promise("no other host gets a request", "the key would go along to whoever took over an old address")
def no_other_host_is_asked(rig: Rig) -> None:
    rig.restart()
    other = rig.another_emulator()
    rig.emulator.elsewhere = other.url
    rig.emulator.fail(Fault.ELSEWHERE, after=rig.moment(1))
    _, error = rig.pull_until_it_fails()
    keep(not other.log, "the other host got a request")
    keep(isinstance(error, SourceRefused), f"{error!r} came out; SourceRefused is meant for it")


@promise("the vendor's rate is kept", "who asks more often than is allowed is shut out", {LIVE})
def the_rate_is_kept(rig: Rig) -> None:
    emulator = rig.restart(page_size=2, groups=5)
    rig.pull()
    allowed, asked = emulator.per_minute, [request.at for request in emulator.log]
    for first, last in zip(asked, asked[allowed:], strict=False):
        keep(last - first >= 59, f"{allowed + 1} requests within {last - first:.0f} s; {allowed} a minute are allowed")
    burst = max(2, allowed // 10)
    for first, last in zip(asked, asked[burst:], strict=False):
        keep(last - first >= 3, f"{burst + 1} requests within {last - first:.1f} s: spread them")


@promise("no more are asked at once than the vendor allows", "parallel requests are what small systems break under", {LIVE})
def so_many_at_once(rig: Rig) -> None:
    source = rig.source()
    rig.emulator.thinks_seconds = 0.005
    ended: list[int] = []
    threads = [threading.Thread(target=lambda: ended.append(len(list(source.pull(None, NOW))))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keep(
        len(ended) == len(threads),
        f"of {len(threads)} readings at once {len(threads) - len(ended)} came to no end: they are in each other's way",
    )
    keep(rig.emulator.most_at_once <= rig.emulator.at_once, f"{rig.emulator.most_at_once} at once; {rig.emulator.at_once} are allowed")


@promise("connections are used again", "a handshake for each page doubles the time, and systems count connections")
def connections_are_used_again(rig: Rig) -> None:
    emulator = rig.restart(page_size=3)
    rig.pull()
    keep(emulator.connections <= CONNECTIONS_MAX, f"{emulator.connections} connections for {len(emulator.log)} requests")


@promise("reading changes nothing in the system", "nobody has allowed the gateway to write there")
def reading_only_reads(rig: Rig) -> None:
    rig.pull()
    keep(not rig.emulator.writes, f"requests that write: {sorted(set(rig.emulator.writes))}")


# ---------------------------------------------------------------- secrets


def _troubles(rig: Rig) -> Iterator[tuple[Fault | None, list[str], SourceError | None, str]]:
    """A reading without trouble, and one for each kind of it: what was logged, what came out, and what was handed over."""
    for fault in (None, Fault.CUT, Fault.HALF, Fault.SERVER_ERROR, Fault.FORBIDDEN, Fault.PAGE, Fault.SHAPE, Fault.EXPIRED):
        emulator = rig.restart()
        if fault is not None:
            emulator.fail(fault, after=rig.moment(2))
        with rig.listening() as heard:
            batches, error = rig.pull_until_it_fails()
        yield fault, heard, error, repr([(batch.cursor, batch.findings) for batch in batches])


@promise("no secret is in any line of the log", "logs are copied, mailed and kept for years")
def no_secret_is_logged(rig: Rig) -> None:
    for fault, heard, _, _ in _troubles(rig):
        _holds_none(rig.secrets(), "\n".join(heard), f"a line of the log ({fault or 'no trouble'})")


@promise("no secret is in any error", "errors are shown on pages and sent by mail")
def no_secret_is_in_an_error(rig: Rig) -> None:
    for fault, _, error, _ in _troubles(rig):
        if error is not None:
            told = repr((error, error.what, error.cure, error.__context__)) + "".join(traceback.format_exception(error))
            _holds_none(rig.secrets(), told, f"the error of: {fault}")


@promise("no secret is in what is handed over, nor in any repr", "cursors and findings are stored and shown; a repr is one debugger away")
def no_secret_is_handed_over(rig: Rig) -> None:
    for _, _, _, handed in _troubles(rig):
        _holds_none(rig.secrets(), handed, "a cursor or a finding")
    rig.restart()
    records = repr([batch.records for batch in rig.pull()])
    _holds_none(rig.secrets(), records, "a record")
    _holds_none(rig.secrets(), repr((rig.settings(), rig.source(), rig.adapter)), "a repr")


@promise(
    "whatever opens the account is declared as a secret",
    "what `setting` makes stands in the settings file as it is, is listed and recorded: whoever sees it is in the club's system",
)
def secrets_are_declared(rig: Rig) -> None:
    settings = rig.settings()
    rig.pull_until_it_fails()
    opening = {word for request in rig.emulator.log for word in _opening(request)} | ({rig.emulator.key} if rig.emulator.is_live else set())
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if not isinstance(value, str) or not value or field.metadata.get("secret"):
            continue
        keep(not _OPENS.search(field.name), f"the setting `{field.name}` has a secret's name: make it with `secret`")
        keep(
            value not in opening and not any(word in value for word in opening if len(word) >= _LONG_ENOUGH),
            f"the setting `{field.name}` is sent to open the account: make it with `secret`",
        )


_OPENS = re.compile(r"(password|passwd|passphrase|pwd|secret|token|(^|api|app|access)[_-]?key|authorization|cookie)$", re.IGNORECASE)
"""The names of fields and headers that open an account."""
_LONG_ENOUGH = 8
"""A shorter word may be part of an address by chance."""


def _opening(request: Request) -> Iterator[str]:
    """Words with which a request opens the account: in a header, in the query, in its JSON or its form."""
    for name, value in request.headers.items():
        if _OPENS.search(name):
            kind, _, word = value.partition(" ")
            with contextlib.suppress(ValueError):  # a name and a password, as browsers send them
                yield base64.b64decode(word if kind.lower() == "basic" else "", validate=True).decode().partition(":")[2]
            yield from re.split(r"[\s=;,]+", value)
    body = request.json()
    form = parse_qs(request.body.decode(errors="replace"))
    told = [*request.query.items(), *form.items(), *(body.items() if isinstance(body, dict) else ())]
    for name, said in told:
        if _OPENS.search(name):
            yield from (str(each) for each in (said if isinstance(said, list) else [said]))


@promise("no child's name or number is in the log, an error or a finding", "they are the one thing that must never leave the match queue")
def no_childs_name_leaks(rig: Rig) -> None:
    for kind in ("lessons", "children"):
        for fault, heard, error, handed in _troubles(rig):
            for item in list(rig.club.lessons if kind == "lessons" else rig.club.children)[:1]:
                rig.emulator.spoil(kind, item)
            with rig.listening() as more:
                batches, another = rig.pull_until_it_fails()
            seen = "\n".join([*heard, *more, repr((error, another)), handed, repr([batch.findings for batch in batches])])
            known = rig.truth().members.values()
            names = [member.name.split()[0] for member in known]
            numbers = [member.certificate for member in known if member.certificate]
            _holds_none((*names, *numbers), seen, f"what is logged or told ({fault or 'no trouble'})")


def _holds_none(words: tuple[str, ...] | list[str], text: str, where: str) -> None:
    found = [word for word in words if word in text]
    if found:
        place = text.index(found[0])
        keep(False, f"{where} holds one: …{text[max(0, place - 60) : place]}[here]…")


# ---------------------------------------------------------------- the check


@promise(
    "the check of a system in order is good, and says what it sees", "a club that switches its system on wants to know at once", {LIVE}
)
def a_check_says_what_it_sees(rig: Rig) -> None:
    lines = list(rig.source().check())
    keep(len(lines) >= 2, f"{len(lines)} lines")
    bad = [line.what.en for line in lines if line.verdict is Verdict.BAD]
    keep(not bad, f"bad, although all is in order: {bad}")
    for line in lines:
        keep(
            isinstance(line, Checked) and all((line.what.ru, line.what.en, line.found.ru, line.found.en)), f"a line in one language: {line}"
        )
    seen = " ".join(line.found.en for line in lines)
    keep(str(len(rig.club.groups)) in seen.split(), f"nowhere does it say that there are {len(rig.club.groups)} groups: {seen}")


@promise("the check names what is wrong, with its cure", "«it does not work» is what the club knew already")
def a_check_says_what_is_wrong(rig: Rig) -> None:
    for fault, kind in ((Fault.FORBIDDEN, SourceRefused), (Fault.SERVER_ERROR, SourceUnavailable), (Fault.PAGE, SourceUnavailable)):
        emulator = rig.restart()
        emulator.fail(fault, after=rig.moment(1, lambda: list(rig.source().check())))
        lines: list[Checked] = []
        try:
            lines.extend(rig.source().check())
        except kind:
            continue
        bad = [line for line in lines if line.verdict is Verdict.BAD]
        keep(bool(bad), f"{fault}: the check finds nothing wrong")
        keep(all(line.cure is not None for line in bad), f"{fault}: a bad line without its cure")


@promise(
    "the check tries every wire fact that the README calls a guess", "a guess that nobody tries is found out by the first club's money"
)
def guesses_are_tried(rig: Rig) -> None:
    stated = rig.readme().count("[guess]")
    tried = sum(line.is_guess for line in rig.source().check())
    keep(tried >= stated, f"{stated} guesses in the README, {tried} lines of the check that try one")


@promise(
    "a guess that is false is not called good",
    "the probe is all that stands between a guess and the first club's money; one that always says yes stands in nobody's way",
    {LIVE},
)
def a_false_guess_is_seen(rig: Rig) -> None:
    for guess in [line.what.en for line in rig.source().check() if line.is_guess]:
        emulator = rig.restart()
        emulator.belied.add(guess)
        try:
            told = [line for line in rig.source().check() if line.what.en == guess]
        except SourceError:
            continue  # the check ends with what is wrong, and its cure
        keep(bool(told), f"“{guess}” is false, and the check does not speak of it")
        keep(
            all(line.verdict is not Verdict.GOOD for line in told),
            f"“{guess}” is false in this system, and the check calls it good: its probe does not look, "
            f"or the emulator's `answer` does not heed «{guess}» in `belied`",
        )
        keep(all(line.cure is not None for line in told), f"“{guess}” is false, and the check has no cure for it")
