"""What decide reads of the register: and a digest of it by which judged days are remembered, so that it must change with all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.core.decide import RegisterFacts
from gateway.core.facts import Certificate, Enrollment, RegisterGroup, RegisterProvider
from gateway.core.periods import Period
from gateway.store import register
from gateway.store.claims import facts_for
from gateway.store.engine import Engine, reading
from tests.builders.facts import NOW, certificate, day, enrollment, group, provider


def facts_of(engine: Engine, *register_facts: RegisterProvider | RegisterGroup | Certificate | Enrollment) -> RegisterFacts:
    for number, kind, save in (
        (0, (RegisterProvider, RegisterGroup), register.save_catalogue), (1, Certificate, register.save_certificates),
        (2, Enrollment, register.save_enrollments),
    ):  # fmt: skip
        items: Any = [one for one in register_facts if isinstance(one, kind)]
        save(engine, "register", items, f"cursor-{number}", NOW)
    one = enrollment()
    with reading(engine) as connection:
        return facts_for(connection, {(one.payer, one.provider, one.child, one.group)})


def test_decide_reads_what_the_register_said(engine: Engine) -> None:
    facts = facts_of(engine, provider(), group(), certificate(), enrollment())
    one = enrollment()
    assert facts.enrollments == {(one.child, one.group): [one]}
    assert facts.certificates == {certificate().certificate: certificate()}
    assert facts.certificates_of == {one.child: [certificate()]}
    assert facts.groups == {one.group: group()} and facts.providers == {one.provider: provider()}
    assert facts.digests.keys() == {one.enrollment}


@pytest.mark.parametrize(
    "changed",
    [
        enrollment(state="ending"),
        replace(certificate(), states=(("active", None), ("frozen", day(3)))),
        replace(group(), programme_is_verified=False),
        replace(provider(), agreements=(("town", Period(day(1), day(2))),)),
    ],
    ids=["enrollment", "certificate", "group", "provider"],
)
def test_the_digest_changes_with_all_that_a_rule_may_see_and_with_nothing_else(engine: Engine, changed: Any) -> None:
    all_facts = (provider(), group(), certificate(), enrollment())
    before = facts_of(engine, *all_facts).digests
    assert facts_of(engine, *all_facts).digests == before
    assert facts_of(engine, changed).digests != before
    assert facts_of(engine, *all_facts).digests == before


def moved(payer: str, nominal: int = 90_000) -> Certificate:
    """The certificate under another payer, whose money is another sum."""
    one = certificate()
    return replace(one, payer=payer, nominals=tuple((period, nominal) for period, _ in one.nominals))


@pytest.mark.parametrize("new_payer", ["another", "zenith"], ids=["named before", "named after"])
def test_a_child_that_moved_keeps_the_payer_of_what_it_is_enrolled_in(engine: Engine, new_payer: str) -> None:
    facts_of(engine, provider(), group(), certificate(), enrollment())
    later = replace(enrollment("D-2", group="g-2"), payer=new_payer)
    facts_of(engine, moved(new_payer), later)
    one = enrollment()
    with reading(engine) as connection:
        payer_of = register.payers_of(connection, [one.child, "nobody"], {one.child: new_payer})
    assert payer_of(one.child, one.group, one.period.first) == one.payer
    assert payer_of(one.child, "g-2", later.period.first) == new_payer
    assert payer_of(one.child, "g-3", later.period.first) == new_payer, "where it is enrolled in nothing, its present one"
    assert payer_of("nobody", one.group, one.period.first) == ""


def test_news_of_a_certificate_that_moved_reaches_its_earlier_payer_too(engine: Engine) -> None:
    facts_of(engine, provider(), group(), certificate(), enrollment())
    facts_of(engine, moved("zenith"))
    frozen = replace(moved("zenith"), states=(("active", None), ("frozen", day(3))))
    facts = facts_of(engine, frozen)
    before = replace(certificate(), states=frozen.states, is_present=False)
    assert facts.certificates == {certificate().certificate: before}, "its own money stays"
    with reading(engine) as connection:
        assert register.certificates_by_number(connection, certificate().number) == [before, frozen], "as it is now comes last"
    facts_of(engine, moved("another"))
    with reading(engine) as connection:
        assert register.certificates_by_number(connection, certificate().number)[-1] == moved("another")
