"""Another reader of the contract, schemathesis, asks what it makes of it: nothing breaks, and nothing is answered that is not written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from navigator.app import create_app
from navigator.clock import clock_from
from navigator.district import read_folder
from navigator.engine import open_database, writing
from navigator.loading import load

from . import contract
from .conftest import DISTRICT, NOW

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def contract_of_a_register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The contract as a test register on the small district gives it out."""
    folder, home = tmp_path_factory.mktemp("district"), tmp_path_factory.mktemp("navigator")
    for file, text in DISTRICT.items():
        (folder / file).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GATEWAY_TEST", "1")
        patch.setenv("GATEWAY_NOW", NOW)
        engine, clock = open_database(Path(home)), clock_from()
        with writing(engine) as connection:
            load(connection, read_folder(folder), clock)
        yield schemathesis.openapi.from_wsgi("/register/v1/openapi.yaml", create_app(engine, clock, is_test=True))
        engine.dispose()


ASKED = [
    pytest.param(path, method, mode, id=f"{method} {path} {mode.value}")
    for path, item in contract.document()["paths"].items()
    for method, told in item.items()
    for mode in GenerationMode
    # The switch's whole purpose is wrong answers; the page takes any header; what takes nothing is never wrong.
    if path != "/test/v1/faults" and (mode is GenerationMode.POSITIVE or (path != "/" and ("parameters" in told or "requestBody" in told)))
]


@pytest.mark.parametrize(("path", "method", "mode"), ASKED)
def test_whatever_is_asked_is_answered_as_is_written(contract_of_a_register: Any, path: str, method: str, mode: GenerationMode) -> None:
    operation = contract_of_a_register[path][method]

    @settings(max_examples=40, deadline=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    ask()
