"""A district's files: loaded whole or refused whole, and every bad row told with its place and its cure."""

from __future__ import annotations

import json

import pytest

from navigator.district import SCHEMAS
from navigator.texts import told

FEEDS = ("catalogue", "certificates", "enrollments")


def cursors(register):
    return [register.feed(name)[1] for name in FEEDS]


def test_a_district_is_loaded_and_loading_it_twice_changes_nothing(empty_register, district):
    folder = str(district())
    assert json.loads(empty_register.command("load", folder, "--json").stdout)["tables"]["certificates"] == {
        "new": 3,
        "changed": 0,
        "unchanged": 0,
    }
    before = cursors(empty_register)
    assert before == ["3", "3", "4"]
    again = json.loads(empty_register.command("load", folder, "--json").stdout)
    assert all(count["new"] == count["changed"] == 0 for count in again["tables"].values())
    assert cursors(empty_register) == before


def test_a_file_loaded_again_does_not_undo_what_an_operator_changed(register, district):
    register.change(op="end_enrollment", enrollment="D-1", on="2025-10-15")
    register.change(op="nominal", certificate="0471000001", amount="1500.00")
    register.change(op="freeze", certificate="0471000001", on="2025-11-01")
    before = cursors(register)
    assert register.command("load", str(district(name="again"))).exit_code == 0
    assert cursors(register) == before
    assert register.balance("0471000001")[0] == 150000


def test_byte_order_mark_column_order_and_unknown_columns_do_not_matter(empty_register, district):
    mixed = "\ufeffstate,note,valid_to,valid_from,kind,payer,child,nominal,certificate\r\n"
    mixed += "active,x,2025-12-31,2025-01-01,financing,pskov,k-1,1000.00,0471000001\r\n"
    folder = district({"certificates.csv": mixed, "enrollments.csv": None})
    assert empty_register.command("load", str(folder)).exit_code == 0
    (certificate,) = empty_register.feed("certificates")[0]
    assert certificate["numbers"] == [{"number": "0471000001", "from": None}]


def test_files_may_be_left_out_and_come_later(empty_register, district):
    first = district({"children.csv": None, "certificates.csv": None, "enrollments.csv": None}, "first")
    assert empty_register.command("load", str(first)).exit_code == 0
    later = district({name: None for name in ("payers.csv", "providers.csv", "agreements.csv", "groups.csv", "modules.csv")}, "later")
    assert empty_register.command("load", str(later)).exit_code == 0
    assert len(empty_register.feed("enrollments")[0]) == 4


def test_a_row_that_is_missing_from_the_new_files_stays(register, district):
    register.command("load", str(district({"enrollments.csv": "enrollment,certificate,group,starts_on,ends_on,state\n"}, "less")))
    assert len(register.feed("enrollments")[0]) == 4


# One bad cell each: file, the row as text, the column that is told, the code.
BAD_ROWS = [
    ("payers.csv", ",Без кода", "payer", "empty"),
    ("providers.csv", "p9,Имя,Mars/Base,false,,active", "time_zone", "unknown_zone"),
    ("providers.csv", "p9,Имя,,да,,active", "sole_trader", "not_a_flag"),
    ("providers.csv", "p9,Имя,,true,,Работает", "state", "not_a_state"),
    ("agreements.csv", "ddt,pskov,2025-02-30,2025-12-31", "valid_from", "not_a_day"),
    ("agreements.csv", "ddt,pskov,20250201,2025-12-31", "valid_from", "not_a_day"),
    ("agreements.csv", "ddt,pskov,2025-02-01,2025-01-31", "valid_to", "last_before_first"),
    ("agreements.csv", "ddt,pskov,2025-02-01,", "valid_to", "empty"),
    ("agreements.csv", "nobody,pskov,2025-02-01,2025-12-31", "provider", "unknown_reference"),
    ("agreements.csv", "ddt,nobody,2025-02-01,2025-12-31", "payer", "unknown_reference"),
    ("programmes.csv", "p-9,,Без поставщика,,,,true", "provider", "empty"),
    ("programmes.csv", "p-9,ddt,,,шесть,,true", "age_from_months", "not_whole"),
    ("programmes.csv", "p-9,ddt,,,99,60,true", "age_to_months", "last_before_first"),
    ("modules.csv", "m-9,p-1,,hour,1.00,1.00,,,1,true", "unit", "not_a_unit"),
    ("modules.csv", "m-9,p-1,,lesson,1.005,1.00,,,1,true", "unit_price", "not_money"),
    ("modules.csv", "m-9,p-1,,lesson,1.00,-1.00,,,1,true", "unit_normative", "negative_money"),
    ("modules.csv", "m-9,p-9,,lesson,1.00,1.00,,,1,true", "programme", "unknown_reference"),
    ("groups.csv", "g-9,m-9,,,,", "module", "unknown_reference"),
    ("groups.csv", "g-9,m-1,,-1,,", "places", "not_whole"),
    ("timetable.csv", "g-1,8,16:00,17:30,every,2025-09-01,2026-05-31", "weekday", "not_a_weekday"),
    ("timetable.csv", "g-1,2,24:00,17:30,every,2025-09-01,2026-05-31", "starts_at", "not_a_time"),
    ("timetable.csv", "g-1,2,16:00,16:00,every,2025-09-01,2026-05-31", "ends_at", "ends_before_starts"),
    ("timetable.csv", "g-1,2,16:00,17:00,sometimes,2025-09-01,2026-05-31", "weeks", "not_weeks"),
    ("timetable.csv", "g-9,2,16:00,17:00,odd,2025-09-01,2026-05-31", "group", "unknown_reference"),
    ("lessons.csv", "g-1,2025-10-21,16:00,17:00,held,", "state", "not_a_lesson_state"),
    ("lessons.csv", "g-1,2025-10-21,16:00,17:00,planned,вчера", "moved_from", "not_a_day"),
    ("children.csv", "k-9,Лишний,Иван,,2014-13-01,,", "birth_date", "not_a_day"),
    ("children.csv", "k-9,Лишний,Иван,,,,nobody", "payer", "unknown_reference"),
    ("certificates.csv", "471000009,k-1,pskov,financing,active,2025-01-01,2025-12-31,", "certificate", "not_a_number"),
    ("certificates.csv", "0471000009,k-9,pskov,financing,active,2025-01-01,2025-12-31,", "child", "unknown_reference"),
    ("certificates.csv", "0471000009,k-1,pskov,money,active,2025-01-01,2025-12-31,", "kind", "not_a_kind"),
    ("certificates.csv", "0471000009,k-1,pskov,financing,dead,2025-01-01,2025-12-31,", "state", "not_a_certificate_state"),
    ("certificates.csv", "0471000009,k-1,pskov,financing,active,,2025-12-31,", "valid_from", "empty"),
    ("certificates.csv", "0471000009,k-1,pskov,financing,active,2025-01-01,2225-12-31,", "valid_to", "validity_too_long"),
    ("certificates.csv", "0471000001,k-1,pskov,financing,active,2025-01-01,2025-12-31,", "certificate", "repeated"),
    ("enrollments.csv", "D-9,0471000009,g-1,2025-09-01,2025-12-31,active", "certificate", "unknown_reference"),
    ("enrollments.csv", "D-9,0471000001,g-9,2025-09-01,2025-12-31,active", "group", "unknown_reference"),
    ("enrollments.csv", "D-9,0471000001,g-1,2025-09-01,2025-08-31,active", "ends_on", "last_before_first"),
    ("enrollments.csv", "D-9,0471000001,g-1,2025-09-01,2025-12-31,paid", "state", "not_an_enrollment_state"),
    ("enrollments.csv", "D-1,0471000001,g-1,2025-09-01,2025-12-31,active", "enrollment", "repeated"),
    ("enrollments.csv", "D-9,0471000001,g-1,2025-09-01,2025-12-31,active,more", None, "cell_count"),
]


@pytest.mark.parametrize(("file", "row", "column", "code"), BAD_ROWS, ids=[f"{file} {column} {code}" for file, _, column, code in BAD_ROWS])
def test_a_bad_row_is_refused_with_its_place(empty_register, district, file, row, column, code):
    folder = district()
    with (folder / file).open("a", encoding="utf-8") as lines:
        lines.write(f"\n{row}\n")  # behind an empty line, which counts as a row of the sheet
    number = len((folder / file).read_text(encoding="utf-8").splitlines())
    result = empty_register.command("load", str(folder), "--json", "--lang", "en")
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["file"], problem["row"], problem["column"]) == (file, number, column)
    assert problem["cure"] == told(code, "", "en").cure and problem["what"]
    assert [empty_register.feed(name)[0] for name in FEEDS] == [[], [], []], "nothing of the call is stored"


def test_all_bad_rows_are_told_and_a_row_that_refers_to_a_bad_one_is_not_blamed(empty_register, district):
    folder = district(
        {
            "children.csv": "child,last_name,first_name,patronymic,birth_date,snils,payer\nk-1,,,,завтра,,nobody\nk-2,,,,,,\nk-3,,,,,,\n",
            "groups.csv": "group,module,title,places,starts_on,ends_on\ng-1,m-1,,много,,\ng-2,m-1,,,,\n",
        }
    )
    result = empty_register.command("load", str(folder))
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines == [
        "children.csv, строка 2, столбец birth_date: «завтра»: не дата → напишите ГГГГ-ММ-ДД, например 2025-09-01",
        "groups.csv, строка 2, столбец places: «много»: не целое число → напишите целое число от 0",
        "Отказано, ничего не записано. Ошибок: 2",
    ]


@pytest.mark.parametrize(
    ("file", "content", "cure"),
    [
        ("pupils.csv", b"a,b\n", "unknown_file"),
        ("children.csv", "child,last_name\nk-1,Иванова\n".encode("cp1251"), "not_utf8"),
        ("children.csv", b"child;last_name\nk-1;x\n", "not_commas"),
        ("children.csv", b"", "no_header"),
        ("children.csv", b"last_name\nx\n", "column_missing"),
        ("children.csv", b"child,payer,child\nk-1,,k-1\n", "column_twice"),
        ("children.csv", b'child,payer\n"k-1,pskov\n', "not_csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(empty_register, district, file, content, cure):
    folder = district({"certificates.csv": None, "enrollments.csv": None})
    (folder / file).write_bytes(content)
    result = empty_register.command("load", str(folder), "--json", "--lang", "en")
    assert result.exit_code == 1
    assert any(problem["file"] == file for problem in json.loads(result.stdout)["problems"])
    assert told(cure, ", ".join(f"{table}.csv" for table in SCHEMAS), "en").cure in result.stderr


def test_the_language_is_russian_unless_the_locale_or_the_option_says_english(empty_register, district, monkeypatch):
    folder = str(district({"payers.csv": "payer,name\n,x\n"}))
    for locale, expected in ((None, "строка 2"), ("C", "строка 2"), ("ru_RU.UTF-8", "строка 2"), ("en_GB.UTF-8", "row 2")):
        if locale:
            monkeypatch.setenv("LANG", locale)
        assert expected in empty_register.command("load", folder).stderr
    assert "строка 2" in empty_register.command("load", folder, "--lang", "ru").stderr


def test_a_folder_that_is_not_there_or_holds_no_district_is_unreadable(empty_register, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in ("nowhere", "empty"):
        result = empty_register.command("load", str(tmp_path / folder))
        assert result.exit_code == 3 and folder in result.stderr
    assert empty_register.command("load").exit_code == 2


# ---------------------------------------------------------------- certificates


def test_a_changed_kind_or_state_is_dated_by_the_clock(register):
    row = "certificate,child,payer,kind,state,valid_from,valid_to,nominal\n0471000002,k-2,pskov,{},{},2025-01-01,2025-12-31,\n"
    register.add(row.format("financing", "active"))
    register.post("/test/v1/clock", {"now": "2025-11-20T10:00:00+03:00"})
    register.add(row.format("financing", "frozen"))
    (item,) = register.get("/register/v1/certificates", number="0471000002")["items"]
    assert item["kinds"] == [{"kind": "accounting", "from": None}, {"kind": "financing", "from": "2025-11-05"}]
    assert item["states"] == [{"state": "active", "from": None}, {"state": "frozen", "from": "2025-11-20"}]


def test_a_nominal_funds_every_period_that_the_validity_touches(register):
    (item,) = register.get("/register/v1/certificates", number="0471000003")["items"]
    assert [(nominal["first"], nominal["amount_kopecks"]) for nominal in item["nominals"]] == [("2025-01-01", 50000), ("2026-01-01", 50000)]
    register.change(op="nominal", certificate="0471000003", amount="700.00", on="2026-03-01")
    row = "certificate,child,payer,kind,state,valid_from,valid_to,nominal\n0471000003,k-3,luga,financing,active,2025-09-01,{},{}\n"
    register.add(row.format("2027-08-31", "500.00"))
    assert [register.balance("0471000003", f"{year}-01-01")[0] for year in (2025, 2026, 2027)] == [50000, 70000, 50000], (
        "only the new period"
    )
    register.add(row.format("2027-08-31", "600.00"))
    assert [register.balance("0471000003", f"{year}-01-01")[0] for year in (2025, 2026, 2027)] == [60000, 60000, 60000]


def test_an_empty_nominal_is_nothing(register):
    assert register.balance("0471000002") == (0, 0, 0)


def test_a_certificate_is_found_by_any_number_it_ever_had(register):
    register.change(op="reissue", certificate="0471000001", number="0471000091", on="2025-11-01")
    for number in ("0471000001", "0471000091"):
        (item,) = register.get("/register/v1/certificates", number=number)["items"]
        assert item["certificate"] == "cert-0471000001"
        assert item["numbers"] == [{"number": "0471000001", "from": None}, {"number": "0471000091", "from": "2025-11-01"}]
    register.add("enrollment,certificate,group,starts_on,ends_on,state\nD-8,0471000001,g-1,2025-09-01,2025-12-31,active\n")
    register.add("enrollment,certificate,group,starts_on,ends_on,state\nD-9,0471000091,g-1,2025-09-01,2025-12-31,active\n")
    enrollments = {item["enrollment"]: item["certificate"] for item in register.feed("enrollments")[0]}
    assert enrollments["D-8"] == enrollments["D-9"] == "cert-0471000001"
    register.add(
        "certificate,child,payer,kind,state,valid_from,valid_to,nominal\n0471000091,k-1,pskov,financing,active,2025-01-01,2025-12-31,1100.00\n"
    )
    assert register.balance("0471000001")[0] == register.balance("0471000091")[0] == 110000
    assert len(register.feed("certificates")[0]) == 3


def test_two_rows_of_one_reissued_certificate_are_refused(register):
    register.change(op="reissue", certificate="0471000001", number="0471000091", on="2025-11-01")
    rows = "".join(f"{number},k-1,pskov,financing,active,2025-01-01,2025-12-31,1.00\n" for number in ("0471000001", "0471000091"))
    header = "certificate,child,payer,kind,state,valid_from,valid_to,nominal\n"
    status, problem = register.ask("POST", "/test/v1/changes", {}, {"changes": [{"op": "add", "csv": header + rows}]})
    assert status == 400 and "certificate of row 2" in problem["detail"]


def test_an_enrollment_keeps_its_payer_when_the_certificate_moves(register):
    register.add("certificate,child,payer,kind,state,valid_from,valid_to\n0471000001,k-1,luga,financing,active,2025-01-01,2025-12-31\n")
    register.add("enrollment,certificate,group,starts_on,ends_on,state\nD-9,0471000001,g-1,2025-11-06,2025-12-31,active\n")
    payers = {item["enrollment"]: item["payer"] for item in register.feed("enrollments")[0]}
    assert (payers["D-1"], payers["D-9"]) == ("pskov", "luga")
    lines = register.get("/register/v1/balances", number="0471000001")["balances"]
    assert [line["nominal_kopecks"] for line in lines] == [100000, 100000], "the new payer funds an account of its own"
