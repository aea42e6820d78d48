"""Made-up requests: what the contract allows the code takes, what it forbids the code refuses, and neither ever breaks the code."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import contract
from .conftest import make_attendance, make_debit, make_reversal

VALID: list[tuple[str, Any]] = [
    ("/register/v1/operations", {"operations": [make_debit(), make_attendance("2025-10-13"), make_reversal(make_debit())]}),
    ("/register/v1/lookup", {"ids": [make_debit()["id"]]}),
    ("/register/v1/candidates", {"group": "g-1", "first_day": "2025-10-01", "last_day": "2025-10-31", "numbers": ["0471000001"]}),
    ("/register/v1/months/close", {"month": "2025-09", "payer": "pskov", "open_operations": [make_debit()["id"]]}),
    ("/test/v1/clock", {"now": "2025-11-05T10:00:00+03:00"}),
]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 20_000),
    st.just(2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["debit", "attendance", "2025-10", "2025-10-06", "2025-02-30", "2025-13", "f" * 32, "x" * 201, "pskov", "\0"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, each in inner for found in places(each, (*path, key))]


@st.composite
def requests_nearly_right(draw: st.DrawFn) -> tuple[str, Any]:
    path, valid = draw(st.sampled_from(VALID))
    body = copy.deepcopy(valid)
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(places(body)))
        target = body
        for key in way:
            target = target[key]
        if draw(st.integers(0, 4)) == 0:
            del target[last]
        else:
            target[last] = draw(ANYTHING)
        if not places(body):
            break
    return path, body


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request_=requests_nearly_right())
def test_the_code_takes_what_the_contract_allows_and_nothing_else(register, request_):
    path, body = request_
    status, answer = register.ask("POST", path, {}, body)  # whatever was taken is held against the contract in there
    name = contract.schema_of_request("POST", path)
    assert name is not None
    wrong = contract.faults_of(name, body, strict=False)
    if status == 400 and not wrong:
        known = ("no payer", "now: not an instant", "not an integer")  # what no schema can say: to it, 1.0 is one
        assert any(words in answer["detail"] for words in known), (answer, body)
    else:
        assert status == (400 if wrong else 200), (wrong, body)
