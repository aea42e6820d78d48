"""navigator/openapi.yaml is a valid contract and says what the code does: every route, method, parameter, status and code, both ways."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest
import requests
from jsonschema.exceptions import ValidationError as SchemaError
from marshmallow import Schema
from openapi_spec_validator import OpenAPIV31SpecValidator

from navigator import forms
from navigator.app import create_app
from navigator.clock import clock_from
from navigator.engine import open_database
from navigator.refusals import CODES

from . import contract

FORMS: dict[str, type[Schema]] = {
    "CandidatesAsked": forms.Candidates,
    "Operations": forms.Operations,
    "Operation": forms.Operation,
    "Claim": forms.Claim,
    "LookupAsked": forms.Lookup,
    "Closing": forms.Closing,
    "ClockAsked": forms.ClockForm,
    "Changes": forms.Changes,
    "Change": forms.Change,
    "FaultsAsked": forms.Faults,
    "Fault": forms.Fault,
}


def examples():
    for path, methods in contract.document()["paths"].items():
        for method, said in methods.items():
            body = said.get("requestBody")
            if body:
                content = body["content"]["application/json"]
                values = [content["example"]] if "example" in content else [each["value"] for each in content["examples"].values()]
                for number, value in enumerate(values):
                    yield pytest.param(method.upper(), path, value, id=f"{path} {number}")


def test_it_is_a_valid_openapi_3_1_document():
    assert contract.document()["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(contract.document()).validate()


def test_a_broken_contract_would_be_found():
    broken = deepcopy(contract.document())
    del broken["components"]["parameters"]["Month"]["in"]
    with pytest.raises(SchemaError):
        OpenAPIV31SpecValidator(broken).validate()


def test_every_route_and_method_is_in_it_and_nothing_else(home):
    app = create_app(open_database(home), clock_from({}), is_test=True)
    routes = {
        (rule.rule, method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert routes == {(path, method) for path, methods in contract.document()["paths"].items() for method in methods}


def test_every_form_has_its_schema_with_the_same_members(home):
    asked = {contract.schema_of_request(method, path) for path, methods in contract.document()["paths"].items() for method in methods}
    assert asked - {None} <= set(FORMS)
    for name, form in FORMS.items():
        schema = contract.document()["components"]["schemas"][name]
        members = {field.data_key or key: field for key, field in form._declared_fields.items()}
        assert set(schema["properties"]) == set(members), name
        assert set(schema.get("required", ())) == {key for key, field in members.items() if field.required}, name


def test_every_parameter_that_the_code_reads_is_in_it():
    sources = "".join((contract.REPOSITORY / "navigator" / name).read_text(encoding="utf-8") for name in ("app.py", "web.py"))
    read = set(re.findall(r'request\.args\.get(?:list)?\("(\w+)"', sources))
    told = {
        contract.resolved(parameter)["name"]
        for methods in contract.document()["paths"].values()
        for said in methods.values()
        for parameter in said.get("parameters", ())
        if contract.resolved(parameter)["in"] == "query"
    }
    assert read and read == told


def test_the_codes_of_rejection_and_the_kinds_of_fault_are_those_of_the_code():
    schemas = contract.document()["components"]["schemas"]
    assert schemas["Rejected"]["properties"]["reason"]["properties"]["code"]["enum"] == [*CODES, "test_fault"]
    assert set(schemas["Fault"]["properties"]["fault"]["enum"]) == set(forms.Fault.TAKES)
    assert set(schemas["Fault"]["properties"]["how"]["enum"]) == {how for hows in forms.Fault.HOW.values() for how in hows}


@pytest.mark.parametrize(("method", "path", "example"), list(examples()))
def test_every_example_fits_its_schema_and_the_code_takes_it(register, method, path, example):
    name = contract.schema_of_request(method, path)
    assert name is not None and not contract.faults_of(name, example, strict=True)
    assert not FORMS[name]().validate(example)
    status, answer = register.ask(method, path, {}, example)  # the answer is held against the contract in there
    assert status == 200 or (path == "/test/v1/changes" and "4700000001" in answer["detail"]) or "luga" in answer["detail"]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "xyz"},
        {"n": True},
        {"n": -1},
        {"amount_kopecks": 190.5},
        {"amount_kopecks": "190"},
        {"month": "2025-13"},
        {"claim": {"date": "06.10.2025"}},
        {"claim": {"slot": None}},
        {"status": "attended"},
        {"kind": "attendance", "status": None},
        {"kind": "reversal"},
        {"kind": "gift"},
        {"closed_over": "yes"},
        {"closed_over": 1},
        {"enrollment": ""},
    ],
    ids=str,
)
def test_what_the_code_refuses_the_schema_refuses_too(register, make, changes):
    sent = {"operations": [make.debit(**changes)]}
    assert contract.faults_of("Operations", sent, strict=False)
    assert register.ask("POST", "/register/v1/operations", {}, sent)[0] == 400


def test_problems_are_as_documented_whatever_is_wrong(register, make):
    asked = [
        ("GET", "/register/v1/catalogue", {"limit": "0"}, None, 400),
        ("GET", "/register/v1/acceptances", {"kind": "gift"}, None, 400),
        ("GET", "/register/v1/attendance", {"month": "2025-10", "since": "???"}, None, 400),
        ("GET", "/register/v1/attendance", {"month": "2025-10", "since": "bnVsbA=="}, None, 400),
        ("GET", "/register/v1/months", {"month": "x"}, None, 400),
        ("POST", "/register/v1/months/close", {}, {"month": "2025-10", "payer": "nobody"}, 400),
        ("POST", "/register/v1/months/close", {}, {"month": "2025-10", "open_operations": ["x"]}, 400),
        ("POST", "/test/v1/faults", {}, {"faults": [{"fault": "delay", "until": "2025-11-05T12:00:00Z"}]}, 400),
        ("POST", "/register/v1/lookup", {}, None, 415),
    ]
    for method, path, parameters, body, status in asked:
        assert register.ask(method, path, parameters, body)[0] == status, path
    for fault, status in (("error_429", 429), ("error_500", 500)):
        register.post("/test/v1/faults", {"faults": [{"fault": fault}]})
        assert register.ask("POST", "/register/v1/operations", {}, {"operations": [make.debit()]})[0] == status


def test_it_is_served(serve):
    answer = requests.get(f"{serve().url}/register/v1/openapi.yaml", timeout=10)
    assert answer.content == contract.FILE.read_bytes() and answer.headers["Content-Type"].startswith("application/yaml")


def test_the_judge_finds_what_is_not_written(register):
    told = register.get("/register/v1/health")
    for status, answer in ((200, {**told, "mood": "fine"}), (200, {"status": "ok"}), (418, told)):
        with pytest.raises(AssertionError):
            contract.check("GET", "/register/v1/health", None, status, "application/json", answer)
