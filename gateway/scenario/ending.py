"""What is true at a point of a story, beside what the story expects; only the keys given count."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from gateway.bootstrap import Gateway
from gateway.core.money import roubles_from_kopecks
from gateway.scenario import faults
from gateway.scenario.reading import inside, wrong


@dataclass(slots=True)
class Told:
    """How a story ended: no ``differences`` means that all is as expected. Each names its place in the story."""

    folder: str
    title: str
    differences: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return not self.differences


@dataclass(slots=True)
class Ending:
    """Compares the gateway and its register with files of the story."""

    folder: Path
    url: str
    gateway: Gateway
    language: str
    told: Told

    def compare(self, file: str, place: str) -> None:
        """Compare what is with what the story expects; only the keys given count."""
        path = inside(self.folder, file)
        try:
            expected = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise wrong(path, str(error), str(error)) from error
        found: list[str] = []
        for key, value in expected.items():
            check = getattr(self, f"_check_{key}", None)
            if check is None:
                raise wrong(path, f"неизвестный ключ «{key}»", f"unknown key “{key}”")
            found += check(value)
        self.told.differences += [f"{place}, {file}: {difference}" for difference in found]

    def check_ledger(self, place: str) -> None:
        """Whatever the story expects, the ledger must add up at its end."""
        self.told.differences += [f"{place}, ledger: {fault}" for fault in self.gateway.ledger_faults()]
        self.told.differences += [f"{place}, register: {difference}" for difference in self._check_money()]

    def _check_money(self) -> list[str]:
        """What each certificate has paid is the same in the register's ledger as in ours, once every operation is answered."""
        status = self.gateway.status()
        if any(status["under_way"].values()):
            return []
        numbers = [one["numbers"][-1]["number"] for one in self._get("/register/v1/certificates", limit=2000)["items"]]
        lines = self._get("/register/v1/balances", number=numbers)["balances"] if numbers else []
        paid = self.gateway.paid({(line["payer"], line["certificate"]) for line in lines})
        return [
            f"{line['number']}.paid: {roubles_from_kopecks(line['paid_kopecks'])} ≠ {roubles_from_kopecks(mine)}"
            for line in lines
            if (mine := paid.get((line["payer"], line["certificate"], line["first"]), 0)) != line["paid_kopecks"]
        ]

    def _check_counts(self, expected: Mapping[str, Any]) -> list[str]:
        actual = self.gateway.counts()
        found = []
        for key, value in expected.items():
            mine = actual.get(key)
            if isinstance(value, dict):
                value = {name: number for name, number in value.items() if number}
            if mine != value:
                found.append(f"counts.{key}: {shown(mine)} ≠ {shown(value)}")
        return found

    def _check_claims(self, expected: list[Mapping[str, Any]]) -> list[str]:
        claims = {(one["enrollment"], one["date"], one["slot"]): one for one in self.gateway.claims()}
        found = []
        for claim in expected:
            key = (claim["enrollment"], claim["date"], claim.get("slot", 1))
            mine = claims.get(key)
            place = f"claims {key[0]} {key[1]} №{key[2]}"
            if mine is None:
                found.append(f"{place}: нет такой" if self.language == "ru" else f"{place}: there is none")
                continue
            for name, value in claim.items():
                if name == "reasons_include":
                    missing = [rule for rule in value if rule not in mine["reasons"]]
                    found += [f"{place}.reasons: {shown(mine['reasons'])} ∌ {shown(missing)}"] if missing else []
                elif name not in ("enrollment", "date", "slot") and mine.get(name) != value:
                    found.append(f"{place}.{name}: {shown(mine.get(name))} ≠ {shown(value)}")
        return found

    def _check_certificates(self, expected: Mapping[str, Mapping[str, Any]]) -> list[str]:
        found = []
        for number, values in expected.items():
            mine = self.gateway.certificate(number)
            found += [
                f"certificates.{number}.{name}: {shown(mine.get(name))} ≠ {shown(value)}"
                for name, value in values.items()
                if mine.get(name) != value
            ]
        return found

    def _check_statement(self, expected: Mapping[str, Mapping[str, Any]]) -> list[str]:
        found = []
        for month, values in expected.items():
            answer = self._get("/register/v1/statement", month=month)
            mine = {"debits": answer["debits"], "reversals": answer["reversals"], "sum": roubles_from_kopecks(answer["sum_kopecks"])}
            found += [
                f"statement.{month}.{name}: {shown(mine.get(name))} ≠ {shown(value)}"
                for name, value in values.items()
                if mine.get(name) != value
            ]
        return found

    def _check_attendance(self, expected: Mapping[str, Mapping[str, int]]) -> list[str]:
        found = []
        for month, values in expected.items():
            mine = self._get("/register/v1/attendance", month=month)["counts"]
            found += [
                f"attendance.{month}.{name}: {mine.get(name, 0)} ≠ {value}" for name, value in values.items() if mine.get(name, 0) != value
            ]
        return found

    def _get(self, path: str, **asked: Any) -> Any:
        answer = requests.get(self.url + path, params=asked, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def _check_providers(self, expected: Mapping[str, Mapping[str, str]]) -> list[str]:
        payable = self.gateway.payable()
        found = []
        for provider, values in expected.items():
            mine = {"payable": roubles_from_kopecks(payable.get(provider, 0))}
            found += [
                f"providers.{provider}.{name}: {shown(mine.get(name))} ≠ {shown(value)}"
                for name, value in values.items()
                if mine.get(name) != value
            ]
        return found

    def _check_faults(self, expected: Mapping[str, int]) -> list[str]:
        return faults.other_counts(self.url, expected)

    def _check_differences(self, expected: int) -> list[str]:
        months = self.gateway.months()
        differences = [one for month in months for one in self.gateway.reconcile(month)["differences"]]
        if len(differences) == expected:
            return []
        listed = "; ".join(f"{one['class']} {one['date']} {one['here']} / {one['there']}" for one in differences[:5])
        return [f"differences: {len(differences)} ≠ {expected} ({listed})"]


def shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
