"""Collect, the register's side: its facts as a whole, and which claims and marks each change puts on a list.

Only what has really changed lists anything: an item that comes again as it was costs a comparison.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.claims import AnswerKind
from gateway.core.collect import UNKNOWN_GROUP
from gateway.core.facts import Certificate, Enrollment, RegisterGroup, RegisterProvider
from gateway.core.ledger import AccountKind, AccountName, Transfer, funding, meeting_shortfall
from gateway.core.lessons import schedule_of
from gateway.core.match import MarkState
from gateway.core.names import folded
from gateway.store import codec, told
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.ledger import save_transfers, sums_of
from gateway.store.rows import among, in_chunks, insert_many, relist, update_many, upsert


def cursor_of(engine: Engine, register: str, feed: str) -> str | None:
    with reading(engine) as connection:
        return _cursor(connection, register, feed)


def _cursor(connection: Connection, register: str, feed: str) -> str | None:
    columns = t.register_cursor.c
    return connection.execute(sa.select(columns.cursor).where(columns.register == register, columns.feed == feed)).scalar_one_or_none()


def forget_cursor(engine: Engine, register: str, feed: str) -> None:
    """The feed is read from its beginning again: always safe, for what is known changes nothing."""
    columns = t.register_cursor.c
    with writing(engine) as connection:
        connection.execute(sa.update(t.register_cursor).where(columns.register == register, columns.feed == feed).values(cursor=None))


def save_cursor(connection: Connection, register: str, feed: str, cursor: str, now: dt.datetime) -> None:
    """Where to read on: stored in the transaction that stores what was read up to there."""
    row = {"register": register, "feed": feed, "cursor": cursor, "read_at": now.isoformat()}
    upsert(connection, t.register_cursor, [row], ["register", "feed"])


# ---------------------------------------------------------------- catalogue


def save_catalogue(engine: Engine, register: str, items: Sequence[RegisterProvider | RegisterGroup], cursor: str, now: dt.datetime) -> None:
    """Store a page of the catalogue. A changed timetable lists marks for match; anything else that changed lists claims for decide."""
    with writing(engine) as connection:
        for item in items:
            if isinstance(item, RegisterProvider):
                _save_provider(connection, item)
            else:
                _save_group(connection, item)
        save_cursor(connection, register, "catalogue", cursor, now)


def _save_provider(connection: Connection, item: RegisterProvider) -> None:
    table, body = t.catalogue_provider, codec.to_text(item)
    known = connection.execute(sa.select(table.c.body).where(table.c.provider == item.provider)).scalar_one_or_none()
    if known == body:
        return
    upsert(connection, table, [{"provider": item.provider, "body": body}], ["provider"])
    if known is not None:
        _list_claims(connection, t.claim.c.provider == item.provider)


def _save_group(connection: Connection, item: RegisterGroup) -> None:
    table, body = t.catalogue_group, codec.to_text(item)
    where = (table.c.provider == item.provider) & (table.c.group_id == item.group)
    known = connection.execute(sa.select(table.c.body, table.c.schedule).where(where)).one_or_none()
    if known is not None and known.body == body:
        return
    schedule = blake2b(codec.to_text(dict(schedule_of(item))).encode(), digest_size=16).hexdigest()
    row = {"provider": item.provider, "group_id": item.group, "title_folded": folded(item.title), "body": body, "schedule": schedule}
    upsert(connection, table, [row], ["provider", "group_id"])
    if known is None:
        _name_waiting_group(connection, item)
        return
    if known.schedule != schedule:
        list_marks(connection, item.provider, t.mark.c.group_id == item.group)
    _list_claims(connection, (t.claim.c.provider == item.provider) & (t.claim.c.group_id == item.group))


def _name_waiting_group(connection: Connection, item: RegisterGroup) -> None:
    """A group that a source has long named, and that the register has only now."""
    rows = connection.execute(
        sa.select(t.source_group.c.source, t.source_group.c.words).where(
            t.source_group.c.provider == item.provider,
            t.source_group.c.words == folded(item.title),
            t.source_group.c.group_id == UNKNOWN_GROUP + folded(item.title),
        )
    ).all()
    for source, words in rows:
        name_group(connection, item.provider, source, words, item.group)


def name_group(connection: Connection, provider: str, source: str, words: str, group: str, old: str | None = None) -> None:
    """Give a source's words a register's group: their marks are matched anew.

    Args:
        old: the group that they had before; None: none yet. A second answer replaces the first, and takes its claims back.
    """
    old = old or UNKNOWN_GROUP + words
    told.forget_source(connection, provider, source)
    _leave_group(connection, provider, source, old)
    connection.execute(
        sa.update(t.source_group)
        .where(t.source_group.c.provider == provider, t.source_group.c.source == source, t.source_group.c.words == words)
        .values(group_id=group)
    )
    _join_marks(connection, provider, source, old, group)
    for table in (t.person, t.mark):
        connection.execute(
            sa.update(table).where(table.c.provider == provider, table.c.source == source, table.c.group_id == old).values(group_id=group)
        )
    if _move_lessons(connection, provider, source, old, group):
        list_marks(connection, provider, t.mark.c.group_id == group)
    else:
        list_marks(connection, provider, (t.mark.c.group_id == group) & (t.mark.c.source == source))


def _join_marks(connection: Connection, provider: str, source: str, old: str, group: str) -> None:
    """What the source has said of a cell under both groups is one mark: the later word is the other's, and nothing is left to stand beside
    it. So a group that came under a new name, and waited for an answer, is the group that it was.
    """
    left, there = t.mark.alias(), t.mark.alias()
    both = (
        sa.select(left.c.mark.label("left_mark"), there.c.mark, *(there.c[name] for name in _WORD))
        .add_columns(*(left.c[name].label(f"new_{name}") for name in _WORD))
        .join(there, sa.and_(*(left.c[name] == there.c[name] for name in ("provider", "source", "person", "day", "lesson"))))
        .where(left.c.provider == provider, there.c.provider == provider, left.c.source == source, left.c.group_id == old)
        .where(there.c.group_id == group)
    )
    rows = [row._mapping for row in connection.execute(both)]
    later = [row for row in rows if row["new_run"] > row["run"] and any(row[f"new_{name}"] != row[name] for name in _WORD[:3])]
    before = [(provider, row["mark"], *(row[name] for name in _WORD), row["new_run"]) for row in later]
    insert_many(connection, t.earlier_word, ("provider", "mark", *_WORD, "replaced_by"), before)
    update_many(
        connection, t.mark, _WORD, ("provider", "mark"), [(*(row[f"new_{name}"] for name in _WORD), provider, row["mark"]) for row in later]
    )
    for chunk in in_chunks([row["left_mark"] for row in rows]):
        for table in (t.mark, t.earlier_word, t.to_match, t.withdrawal_mark):
            connection.execute(sa.delete(table).where(table.c.provider == provider, table.c.mark.in_(chunk)))


_WORD = ("status", "hours", "from_empty", "sheet", "row", "col", "run")


def _move_lessons(connection: Connection, provider: str, source: str, old: str, group: str) -> bool:
    """What a source said of a group's lessons goes with its words; what it said of the other group already stays. Whether there was any."""
    moved = 0
    for table in (t.own_lesson, t.earlier_lesson, t.own_schedule):
        there = table.alias()
        key = [column.name for column in table.primary_key.columns if column.name not in ("provider", "source", "group_id")]
        is_there = sa.exists().where(
            there.c.provider == provider, there.c.source == source, there.c.group_id == group,
            *(there.c[name] == table.c[name] for name in key),
        )  # fmt: skip
        of_old = (table.c.provider == provider) & (table.c.source == source) & (table.c.group_id == old)
        moved += connection.execute(sa.update(table).where(of_old, ~is_there).values(group_id=group)).rowcount
        connection.execute(sa.delete(table).where(of_old))
    return moved > 0


def _leave_group(connection: Connection, provider: str, source: str, group: str) -> None:
    """The claims that these marks made in a group lose their word; another source's marks there are heard again."""
    moved = sa.select(t.mark.c.mark).where(t.mark.c.provider == provider, t.mark.c.source == source, t.mark.c.group_id == group)
    claims = (t.claim.c.provider == provider) & (t.claim.c.group_id == group) & t.claim.c.mark.in_(moved)
    _list_claims(connection, claims)
    connection.execute(sa.update(t.claim).where(claims).values(status=None, conflict=""))
    list_marks(connection, provider, (t.mark.c.group_id == group) & (t.mark.c.source != source))


def list_marks(connection: Connection, provider: str, condition: sa.ColumnElement[bool]) -> None:
    """Put a provider's marks on match's list."""
    selected = sa.select(t.mark.c.provider, t.mark.c.mark).where(t.mark.c.provider == provider, condition)
    relist(connection, t.to_match, selected, "provider")


def _list_claims(connection: Connection, condition: sa.ColumnElement[bool]) -> None:
    """Put claims on decide's list."""
    relist(connection, t.to_decide, sa.select(t.claim.c.payer, t.claim.c.claim).where(condition), "payer")


# ---------------------------------------------------------------- certificates


def save_certificates(engine: Engine, register: str, items: Sequence[Certificate], cursor: str, now: dt.datetime) -> None:
    """Store certificates and fund their accounts: a change of nominal is a transfer from or to the payer's fund."""
    with writing(engine) as connection:
        for payer in sorted({item.payer for item in items}):
            mine = [item for item in items if item.payer == payer]
            known = _known_certificates(connection, payer, [item.certificate for item in mine])
            changed = [item for item in mine if known.get(item.certificate) != item]
            if not changed:
                continue
            _store_certificates(connection, payer, changed)
            _fund(connection, payer, changed, known, now)
            for children in in_chunks(sorted({item.child for item in changed})):
                _list_claims(connection, (t.claim.c.payer == payer) & t.claim.c.child.in_(children))
            if any(item.certificate not in known or known[item.certificate].numbers != item.numbers for item in changed):
                _list_waiting(connection)
        _tell_earlier_payers(connection, items)
        save_cursor(connection, register, "certificates", cursor, now)


def _tell_earlier_payers(connection: Connection, items: Sequence[Certificate]) -> None:
    """What is news of a certificate is news under the payers too that it had before its child moved; only their money stays as it was."""
    table, present = t.certificate, {item.certificate: item for item in items if item.is_present}
    for chunk in in_chunks(sorted(present)):
        moved = (
            sa.select(table.c.certificate).where(table.c.certificate.in_(chunk)).group_by(table.c.certificate).having(sa.func.count() > 1)
        )
        rows = connection.execute(sa.select(table.c.payer, table.c.certificate, table.c.body).where(table.c.certificate.in_(moved)))
        changed: dict[str, list[Certificate]] = defaultdict(list)
        for payer, certificate, body in rows:
            before = codec.certificate_from(body)
            after = replace(present[certificate], payer=payer, nominals=before.nominals, is_present=False)
            if payer != present[certificate].payer and after != before:
                changed[payer].append(after)
        for payer, mine in sorted(changed.items()):
            _store_certificates(connection, payer, mine)
            _list_claims(connection, (t.claim.c.payer == payer) & t.claim.c.child.in_(sorted({item.child for item in mine})))


def _known_certificates(connection: Connection, payer: str, ids: Iterable[str]) -> dict[str, Certificate]:
    table = t.certificate
    known: dict[str, Certificate] = {}
    for chunk in in_chunks(sorted(set(ids))):
        rows = connection.execute(
            sa.select(table.c.certificate, table.c.body).where(table.c.payer == payer, table.c.certificate.in_(chunk))
        )
        known.update({certificate: codec.certificate_from(body) for certificate, body in rows})
    return known


def _store_certificates(connection: Connection, payer: str, items: Sequence[Certificate]) -> None:
    upsert(
        connection,
        t.certificate,
        [
            {"payer": payer, "certificate": item.certificate, "child": item.child, "number": item.number, "body": codec.to_text(item)}
            for item in items
        ],
        ["payer", "certificate"],
    )
    numbers = [{"payer": payer, "number": number, "certificate": item.certificate} for item in items for number, _ in item.numbers]
    upsert(connection, t.certificate_number, numbers, ["payer", "number", "certificate"])


def _fund(connection: Connection, payer: str, changed: Sequence[Certificate], known: dict[str, Certificate], now: dt.datetime) -> None:
    """A change of nominal is the only thing that funds an account. What becomes free meets an open shortfall first."""
    sums = sums_of(connection, payer, [item.certificate for item in changed])
    transfers: list[Transfer] = []
    for item in changed:
        before = dict(known[item.certificate].nominals) if item.certificate in known else {}
        after = dict(item.nominals)
        for period in sorted(before.keys() | after.keys()):
            account = AccountName(payer, period.first.isoformat(), AccountKind.CERTIFICATE, item.certificate)
            free = sums[account].free if account in sums else 0
            moved = funding(account, before.get(period, 0), after.get(period, 0), free, "nominal")
            transfers += moved
            rise = after.get(period, 0) - before.get(period, 0)
            owed = sums.get(account._replace(kind=AccountKind.SHORTFALL))
            if rise > 0 and owed is not None:
                transfers += meeting_shortfall(account, free + rise, owed.out_settled - owed.in_settled, "nominal")
    save_transfers(connection, [(None, transfer) for transfer in transfers], now)


# ---------------------------------------------------------------- enrollments


def save_enrollments(engine: Engine, register: str, items: Sequence[Enrollment], cursor: str, now: dt.datetime) -> None:
    """Store enrollments. A change lists the child's claims in that group, and the group's marks that wait for somebody to be found."""
    with writing(engine) as connection:
        table = t.enrollment
        for payer in sorted({item.payer for item in items}):
            mine = [item for item in items if item.payer == payer]
            known: dict[str, str] = {}
            for chunk in in_chunks(sorted({item.enrollment for item in mine})):
                rows = connection.execute(
                    sa.select(table.c.enrollment, table.c.body).where(table.c.payer == payer, table.c.enrollment.in_(chunk))
                )
                known.update({enrollment: body for enrollment, body in rows})
            changed = [item for item in mine if known.get(item.enrollment) != codec.to_text(item)]
            upsert(
                connection,
                table,
                [
                    {
                        "payer": payer, "enrollment": item.enrollment, "child": item.child, "group_id": item.group,
                        "certificate": item.certificate, "body": codec.to_text(item),
                    }
                    for item in changed
                ],
                ["payer", "enrollment"],
            )  # fmt: skip
            # Where it has moved to another group or child, what it has left is decided anew as well.
            left = [codec.enrollment_from(known[item.enrollment]) for item in changed if item.enrollment in known]
            touched = {(item.group, item.child) for item in (*changed, *left)}
            for group in sorted({group for group, _ in touched}):
                for children in in_chunks(sorted(child for of_group, child in touched if of_group == group)):
                    where = (t.claim.c.payer == payer) & (t.claim.c.group_id == group) & t.claim.c.child.in_(children)
                    _list_claims(connection, where)
            for provider, group in sorted({(item.provider, item.group) for item in changed}):
                waiting = (t.mark.c.group_id == group) & (t.mark.c.state == MarkState.WAITING.value)
                list_marks(connection, provider, waiting)
        save_cursor(connection, register, "enrollments", cursor, now)


def _list_waiting(connection: Connection) -> None:
    """Marks whose child is unknown: a new certificate may be the one that their row names."""
    waiting = sa.select(t.mark.c.provider, t.mark.c.mark).where(t.mark.c.state == MarkState.WAITING.value, t.mark.c.rule == "N01")
    relist(connection, t.to_match, waiting, "provider")


def list_lessons_come(engine: Engine, now: dt.datetime) -> None:
    """Claims that were refused because their lesson had not come yet, and whose lesson has: the clock's only list."""
    with writing(engine) as connection:
        come = (
            (t.claim.c.is_early.is_(True))
            & (t.claim.c.answer == AnswerKind.REFUSED.value)
            & (t.claim.c.day <= now.date() + dt.timedelta(days=1))
        )
        _list_claims(connection, come)


# ---------------------------------------------------------------- reading back


def groups_of(connection: Connection, groups: Iterable[str]) -> dict[str, RegisterGroup]:
    return {group: codec.group_from(body) for group, body in group_bodies(connection, groups).items()}


def group_bodies(connection: Connection, groups: Iterable[str]) -> dict[str, str]:
    """Groups as they are stored."""
    return {group: body for group, body in connection.execute(_GROUPS, {"groups": sorted(set(groups))})}


# Statements that every input needs are made once: making one takes longer than running it.
_GROUPS = sa.select(t.catalogue_group.c.group_id, t.catalogue_group.c.body).where(among(t.catalogue_group.c.group_id, "groups"))
_OF_PROVIDER = sa.select(t.catalogue_group.c.body).where(t.catalogue_group.c.provider == sa.bindparam("provider"))
_OF_PROVIDER = _OF_PROVIDER.order_by(t.catalogue_group.c.group_id)
_PROVIDERS = sa.select(t.catalogue_provider.c.provider, t.catalogue_provider.c.body).order_by(t.catalogue_provider.c.provider)
_SOME_PROVIDERS = _PROVIDERS.where(among(t.catalogue_provider.c.provider, "providers"))
_PAYERS = sa.select(t.certificate.c.child, t.certificate.c.payer).where(among(t.certificate.c.child, "children"))
_PAYERS = _PAYERS.order_by(t.certificate.c.payer)
_ENROLLED = sa.select(t.enrollment.c.body).where(among(t.enrollment.c.child, "children"))


def groups_of_provider(connection: Connection, provider: str) -> list[RegisterGroup]:
    rows = connection.execute(_OF_PROVIDER, {"provider": provider})
    return [codec.group_from(body) for (body,) in rows]


def providers(connection: Connection, only: Iterable[str] | None = None) -> dict[str, RegisterProvider]:
    """Providers by id; all, or only some."""
    return {provider: codec.provider_from(body) for provider, body in provider_bodies(connection, only).items()}


def provider_bodies(connection: Connection, only: Iterable[str] | None = None) -> dict[str, str]:
    """Providers as they are stored."""
    rows = connection.execute(_PROVIDERS) if only is None else connection.execute(_SOME_PROVIDERS, {"providers": sorted(only)})
    return {provider: body for provider, body in rows}


def certificates_by_number(connection: Connection, number: str) -> list[Certificate]:
    """Certificates that have, or once had, this number; one whose child moved also as it was before, and as it is now last."""
    numbers, table = t.certificate_number, t.certificate
    rows = connection.execute(
        sa.select(table.c.body)
        .join(numbers, (numbers.c.payer == table.c.payer) & (numbers.c.certificate == table.c.certificate))
        .where(numbers.c.number == number)
    )
    return sorted((codec.certificate_from(body) for (body,) in rows), key=lambda one: (one.is_present, one.certificate, one.payer))


class Payers:
    """Whose money a lesson of a child is: its enrollment's payer, where the child has certificates of more than one; else its only one's.

    A child that moves to another municipality has both: what it was enrolled in before keeps its payer.
    """

    def __init__(self, only: Mapping[str, str], enrolled: Mapping[tuple[str, str], Sequence[Enrollment]]) -> None:
        self._only = only
        self._enrolled = enrolled

    def __call__(self, child: str, group: str, day: dt.date) -> str:
        """The payer; "" of a child that nobody knows."""
        mine = self._enrolled.get((child, group), ())
        fitting = [one.payer for one in mine if day in one.period] or [one.payer for one in mine]
        return fitting[-1] if fitting else self._only.get(child, "")


def payers_of(connection: Connection, children: Iterable[str], known: Mapping[str, str] = MappingProxyType({})) -> Payers:
    """The payers of these children's lessons. ``known``: whose child each is now, by the register's own word."""
    asked = sorted(set(children))
    found: dict[str, str] = {}
    several: set[str] = set()
    for child, payer in connection.execute(_PAYERS, {"children": asked}):
        if found.setdefault(child, payer) != payer:
            several.add(child)
            found[child] = payer
    enrolled: dict[tuple[str, str], list[Enrollment]] = defaultdict(list)
    for (body,) in connection.execute(_ENROLLED, {"children": sorted(several)}) if several else ():
        one = codec.enrollment_from(body)
        enrolled[(one.child, one.group)].append(one)
    for mine in enrolled.values():
        mine.sort(key=lambda one: (one.period.first, one.enrollment))
    of_several = {child: known[child] for child in several if child in known}
    return Payers({**known, **found, **of_several}, enrolled)
