"""Names are kept encrypted, and compared by keyed hashes; the key lives beside the database, readable by its owner only."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from gateway.core.facts import Member
from gateway.core.match import PersonToMatch
from gateway.core.names import PersonName, parse_name

REMEMBERED = ("answer", "number")
"""Matches that are not looked for again."""

REFERENCE_DIGITS = 8

NO_NAME = PersonName("", "", "", False)


class Vault:
    """Seals what is personal. Losing the key loses no money: only remembered matches by name have to be answered again."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)
        self._secret = key

    @classmethod
    def open(cls, path: Path) -> Vault:
        """Read the key, or make one (mode 0600)."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls(path.read_bytes().strip())
        key = Fernet.generate_key()
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        return cls(key)

    def key_of(self, words: str) -> str:
        """A keyed hash: equal words give equal keys, and nobody without the key can try names against them."""
        return blake2b(words.encode(), key=self._secret, digest_size=16).hexdigest()

    def seal(self, member: Member) -> str:
        """What matching needs of a member, encrypted."""
        facts = {
            "name": member.name,
            "number": member.certificate,
            "padded": member.certificate_padded,
            "unreadable": member.certificate_unreadable,
            "born": member.birth_date.isoformat() if member.birth_date else None,
            "sheet": member.place.sheet,
            "row": member.place.row,
            "id": member.own_id,
        }
        return self._fernet.encrypt(msgspec.json.encode(facts)).decode()

    def unseal(self, sealed: str) -> dict[str, Any]:
        facts: dict[str, Any] = msgspec.json.decode(self._fernet.decrypt(sealed.encode()))
        return facts

    def unsealed_if_kept(self, sealed: str) -> dict[str, Any]:
        """As `unseal`; {} where the name is not kept any more, or the key that it was sealed with is gone."""
        try:
            return self.unseal(sealed)
        except InvalidToken:
            return {}

    def reference_of(self, provider: str, source: str, person: int) -> str:
        """What a person is called in a file that comes back: its key, and a keyed hash that no other source or database gives."""
        return f"{person}-{self.key_of(f'reference|{provider}|{source}|{person}')[:REFERENCE_DIGITS]}"

    def is_reference(self, provider: str, source: str, reference: str) -> bool:
        """Whether it is a reference of this source's."""
        number = reference.split("-")[0]
        return number.isdecimal() and reference == self.reference_of(provider, source, int(number))

    def keep_file(self, path: Path, folder: Path) -> Path:
        """Keep a raw input, encrypted and readable by its owner only, under its content's hash."""
        data = path.read_bytes()
        kept = folder / (sha256(data).hexdigest() + ".sealed")
        if kept.exists():
            return kept
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = kept.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(self._fernet.encrypt(data))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(kept)
        return kept

    def person_of(self, row: Mapping[str, Any]) -> PersonToMatch:
        """A stored person with all that is known of it."""
        facts = self.unseal(row["sealed"])
        remembered = row["matched_by"] in REMEMBERED
        return PersonToMatch(
            person=row["person"],
            name=parse_name(facts["name"]),
            number=facts["number"],
            is_padded=facts["padded"],
            is_unreadable=facts["unreadable"],
            birth_date=dt.date.fromisoformat(facts["born"]) if facts["born"] else None,
            row=row["row"],
            answer=row["child"] if remembered else None,
            is_outside=bool(row["is_outside"]),
            is_undone=row["matched_by"] == "answer" and row["child"] is None and not row["is_outside"],
        )

    def person_to_match(self, row: Mapping[str, Any]) -> PersonToMatch:
        """As `person_of`, for match alone: the name of somebody who is known already, or is outside, stays sealed."""
        answer = row["child"] if row["matched_by"] in REMEMBERED else None
        if answer is None and not row["is_outside"]:
            return self.person_of(row)
        return PersonToMatch(row["person"], NO_NAME, None, False, False, None, row["row"], answer, bool(row["is_outside"]))


def person_of_member(person: int, member: Member, row: int | None) -> PersonToMatch:
    """A member that is not stored, for a dry run."""
    return PersonToMatch(
        person,
        parse_name(member.name),
        member.certificate,
        member.certificate_padded,
        member.certificate_unreadable,
        member.birth_date,
        row,
    )
