"""The operator's commands: what they do, what they say, and how they leave."""

from __future__ import annotations

import json

import pytest

from navigator.engine import open_database, writing


def enrollment(register, key):
    return {item["enrollment"]: item for item in register.feed("enrollments")[0]}[key]


def certificate(register, number):
    return register.get("/register/v1/certificates", number=number)["items"][0]


def test_nominal_takes_the_only_period_whatever_the_day(register):
    result = register.command("nominal", "0471000001", "1300,50", "--lang", "en")
    assert result.exit_code == 0 and "the nominal of 2025-01-01 … 2025-12-31 is 1300.50 RUB" in result.stdout
    assert register.balance("0471000001") == (130050, 0, 130050)


def test_nominal_of_several_periods_is_that_of_the_day_else_of_today(register):
    assert register.command("nominal", "0471000003", "700.00").exit_code == 0
    assert register.command("nominal", "0471000003", "800.00", "--on", "2026-01-01").exit_code == 0
    assert [register.balance("0471000003", first)[0] for first in ("2025-01-01", "2026-01-01")] == [70000, 80000]
    refused = register.command("nominal", "0471000003", "800.00", "--on", "2027-01-01")
    assert refused.exit_code == 1 and "--on" in refused.stderr


def test_freeze_and_unfreeze_are_dated_states(register):
    assert register.command("freeze", "0471000001", "--on", "2025-11-01").exit_code == 0
    assert register.command("unfreeze", "0471000001").exit_code == 0
    frozen = {"state": "frozen", "from": "2025-11-01"}
    assert certificate(register, "0471000001")["states"] == [
        {"state": "active", "from": None},
        frozen,
        {"state": "active", "from": "2025-11-05"},
    ]


def test_unfreeze_before_the_first_frozen_day_calls_the_freeze_off(register):
    register.command("freeze", "0471000001", "--on", "2025-12-01")
    register.command("unfreeze", "0471000001")
    assert certificate(register, "0471000001")["states"] == [{"state": "active", "from": None}]


def test_a_freeze_may_be_moved_to_an_earlier_day(register):
    register.command("freeze", "0471000001", "--on", "2025-11-03")
    register.command("unfreeze", "0471000001", "--on", "2025-11-10")
    register.command("freeze", "0471000001", "--on", "2025-11-01")
    states = [(dated["from"], dated["state"]) for dated in certificate(register, "0471000001")["states"]]
    assert states == [(None, "active"), ("2025-11-01", "frozen"), ("2025-11-03", "frozen"), ("2025-11-10", "active")]


def test_a_closing_is_for_good_and_can_be_called_off(register, make):
    register.command("freeze", "0471000001", "--on", "2025-12-01")
    assert register.command("close", "0471000001", "--on", "2025-11-20").exit_code == 0
    closed = [{"state": "active", "from": None}, {"state": "closed", "from": "2025-11-20"}]
    assert certificate(register, "0471000001")["states"] == closed, "the freeze that was to come would have opened it again"
    assert register.outcome(make.debit("2025-11-24", month="2025-11")) == "not_active"
    assert register.command("activate", "0471000001").exit_code == 0
    assert certificate(register, "0471000001")["states"] == closed[:1]
    assert "Nothing changed" in register.command("activate", "0471000001", "--lang", "en").output


def test_a_requested_certificate_becomes_active(register):
    register.command("activate", "0471000003", "--on", "2025-11-01")
    assert certificate(register, "0471000003")["states"][-1] == {"state": "active", "from": "2025-11-01"}


def test_a_child_moves_and_its_enrollments_in_force_keep_their_payer(register, make):
    register.send(make.debit())
    assert register.command("move", "0471000001", "nowhere").exit_code == 1
    assert register.command("move", "0471000001", "luga", "--nominal", "300.00").exit_code == 0
    served = certificate(register, "0471000001")
    assert served["payer"] == "luga" and [each["amount_kopecks"] for each in served["nominals"]] == [30000]
    enrolled = {item["enrollment"]: item["payer"] for item in register.feed("enrollments")[0] if item["child"] == "k-1"}
    assert enrolled == {"D-1": "pskov", "D-4": "luga"}, "what was only asked for follows the child"
    lines = register.get("/register/v1/balances", number="0471000001")["balances"]
    assert [(line["nominal_kopecks"], line["available_kopecks"]) for line in lines] == [(30000, 30000), (100000, 81000)]
    assert register.outcome(make.debit("2025-10-13")) == "accepted", "the old municipality still pays what it promised"
    assert "Nothing changed" in register.command("move", "0471000001", "luga", "--lang", "en").output


def test_reissue_refuses_a_number_that_was_given_out(register):
    assert register.command("reissue", "0471000001", "0471000002", "--on", "2025-11-02").exit_code == 1
    assert register.command("reissue", "0471000001", "0471000091", "--on", "2025-11-02").exit_code == 0
    assert "Ничего не изменилось" in register.command("reissue", "0471000001", "0471000091", "--on", "2025-11-02").stdout
    assert register.command("reissue", "0471000001", "0471000001", "--on", "2025-11-02").exit_code == 1
    assert register.command("reissue", "0471000001", "47100009", "--on", "2025-11-02").exit_code == 1
    assert len(certificate(register, "0471000091")["numbers"]) == 2


def test_end_enrollment_sets_the_last_day(register):
    result = register.command("end-enrollment", "D-1", "--on", "2025-10-15")
    assert result.exit_code == 0 and "последний день 2025-10-15" in result.stdout
    assert enrollment(register, "D-1")["ends_on"] == "2025-10-15"
    assert register.command("end-enrollment", "D-1", "--on", "2025-08-31").exit_code == 1
    assert enrollment(register, "D-1")["ends_on"] == "2025-10-15"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nominal", "0471999999", "1.00"),
        ("nominal", "0471000001", "много"),
        ("nominal", "--", "0471000001", "-1.00"),
        ("freeze", "0471999999"),
        ("end-enrollment", "D-99", "--on", "2025-10-15"),
        ("close-month", "2025-13"),
        ("close-month", "2025-10", "--payer", "nobody"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_cure_in_both_languages(register, arguments):
    for language, word in (("ru", "Не сделано: "), ("en", "Not done: ")):
        result = register.command(arguments[0], "--lang", language, *arguments[1:])
        assert result.exit_code == 1 and result.stderr.startswith(word) and " → " in result.stderr
    result = register.command(arguments[0], "--json", *arguments[1:])
    assert json.loads(result.stdout)["outcome"] == "refused"


def test_add_knows_the_table_by_the_header(register, tmp_path):
    more = tmp_path / "more-enrollments.csv"
    more.write_text(
        "state,enrollment,certificate,group,starts_on,ends_on\nactive,D-9,0471000001,g-2,2025-10-01,2025-12-31\n", encoding="utf-8"
    )
    assert register.command("add", str(more)).exit_code == 0
    assert enrollment(register, "D-9")["group"] == "g-2"
    more.write_text("colour,size\nred,1\n", encoding="utf-8")
    assert register.command("add", str(more)).exit_code == 1
    assert register.command("add", str(tmp_path / "nowhere.csv")).exit_code == 3


def test_json_is_all_that_stands_on_standard_output(register, tmp_path):
    for arguments in (("nominal", "0471000001", "1.00"), ("freeze", "0471000001"), ("load", str(tmp_path / "nowhere")), ("add", "x.csv")):
        answer = json.loads(register.command(*arguments, "--json").stdout)
        assert answer["clock_stands_at"] == "2025-11-05T10:00:00+03:00"


def test_a_standing_clock_is_told_and_needs_a_test(register, monkeypatch):
    assert "Часы стоят: 2025-11-05T10:00:00+03:00" in register.command("freeze", "0471000001").stdout
    for now, test, word in (("2025-11-05", "", "GATEWAY_TEST=1"), ("yesterday", "1", "ISO")):
        monkeypatch.setenv("GATEWAY_NOW", now)
        monkeypatch.setenv("GATEWAY_TEST", test)
        result = register.command("freeze", "0471000001")
        assert result.exit_code == 2 and word in result.stderr
    monkeypatch.delenv("GATEWAY_NOW")
    assert "Часы" not in register.command("freeze", "0471000001").stdout


def test_a_day_without_an_offset_stands_at_its_midnight_in_the_registers_zone(register, monkeypatch):
    monkeypatch.setenv("GATEWAY_NOW", "2025-11-05")
    assert "2025-11-05T00:00:00+03:00" in register.command("freeze", "0471000001").stdout
    monkeypatch.setenv("NAVIGATOR_TIME_ZONE", "Asia/Vladivostok")
    assert "2025-11-05T00:00:00+10:00" in register.command("freeze", "0471000001").stdout
    monkeypatch.setenv("NAVIGATOR_TIME_ZONE", "Moon")
    assert register.command("freeze", "0471000001").exit_code == 2


def test_a_database_that_stays_locked_is_told_and_nothing_is_stored(register, monkeypatch):
    monkeypatch.setattr("navigator.engine.BUSY_TIMEOUT_MS", 100)
    monkeypatch.setattr("navigator.engine._make_tables", lambda engine: None)
    with writing(open_database(register.home)):
        result = register.command("freeze", "0471000001")
    assert result.exit_code == 4 and "повторите позже" in result.stderr
    assert len(certificate(register, "0471000001")["states"]) == 1


def test_a_home_that_cannot_be_used_is_told(register, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NAVIGATOR_HOME", str(tmp_path / "file"))
    result = register.command("freeze", "0471000001")
    assert result.exit_code == 3 and "NAVIGATOR_HOME" in result.stderr


def test_forget_says_what_it_deleted(register):
    assert register.command("forget", "--lang", "en").stdout.splitlines()[-1].startswith("Deleted: 0 children")
    done = json.loads(register.command("forget", "--json").stdout)
    assert done["outcome"] == "done" and done["children"] == done["accounts"] == done["reads"] == 0
