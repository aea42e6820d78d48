"""A row that is mended and sent again is the same child and the same mark, whatever was mended in it; nothing else changes."""

from __future__ import annotations

import datetime as dt
import sqlite3
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gateway.plugins.resent import CERTIFICATE, CHILD, CODE, DATE, GROUP, HEAD, SIGN
from tests.builders.sheets import Grid, Row, one_grid
from tests.cli.conftest import COUNTS, Club, number_of

FIRST_ROW = 4
Said = dict[tuple[str, str], tuple[str, str | None, bool]]


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, club: Club) -> Club:
    """The club, its store on each of the two databases."""
    if request.param == "postgresql":
        club.postgres = request.getfixturevalue("postgres_url")  # type: ignore[attr-defined]
    return club


def ask(club: Club, *arguments: object, code: int = 0) -> Any:
    url = getattr(club, "postgres", None)
    return club.ask(*arguments, *(("--database", url) if url else ()), code=code)


def take(club: Club, rows: list[Row] | None = None) -> Path:
    """A sheet taken in, and the file of what it had refused."""
    sheet = club.sheet()
    if rows is not None:
        sheet.write_bytes(one_grid("Клуб", Grid(f"Ладья {club.n}", dt.date(2025, 10, 1), rows)))
    ask(club, "import", sheet, "--provider", club.provider, "--mapping", club.mapping, code=1)
    return written(club, "otkazy.xlsx")


def written(club: Club, name: str) -> Path:
    out = club.folder / name
    ask(club, "rejects", "--out", out, "--provider", club.provider)
    return out


def send(club: Club, path: Path, *more: str, code: int = 1) -> Any:
    return ask(club, "import", path, "--provider", club.provider, *more, code=code)


def mend(path: Path, change: Mapping[str, Any], which: Callable[[Mapping[str, str]], bool]) -> Path:
    """Write these values into the rows that are meant; the file under another name."""
    book = openpyxl.load_workbook(path)
    sheet = book["Исправить"]
    for number in range(FIRST_ROW, sheet.max_row + 1):
        row = {name: sheet.cell(number, column).value or "" for column, name in enumerate(HEAD, start=1)}
        if which(row):
            for name, value in change.items():
                sheet.cell(number, HEAD.index(name) + 1).value = value
    mended = path.with_name(f"mended-{path.name}")
    book.save(mended)
    return mended


def said(club: Club) -> Said:
    """(enrollment, day) → what stands there: answer, amount, whether from an empty cell."""
    return {(one["enrollment"], one["date"]): (one["answer"], one["amount"], one["reasons"]) for one in ask(club, "claims")}


def counts(club: Club) -> Any:
    return ask(club, "status")["counts"]


def test_an_unchanged_file_tells_the_rows_as_they_stand_and_changes_nothing(anywhere: Club) -> None:
    club = anywhere
    path = take(club)
    before = said(club), counts(club), ask(club, "certificate", number_of(club.n, 2))
    report = send(club, path)
    assert (report["new"], report["unchanged"], report["withdrawn"], report["held"]) == (0, 14, 0, 0)
    assert report["counts"]["refused"] == COUNTS["refused"] and report["counts"]["waiting"] == COUNTS["waiting"]
    assert before == (said(club), counts(club), ask(club, "certificate", number_of(club.n, 2)))


def test_a_mended_sign_changes_exactly_its_claim(anywhere: Club) -> None:
    club = anywhere
    path = take(club)
    before = said(club)
    report = send(club, mend(path, {SIGN: "Н"}, lambda row: row[CHILD] == "Зимин Олег" and row[DATE] == "28.10.2025"))
    assert (report["new"], report["unchanged"], report["withdrawn"]) == (1, 13, 0)
    after = said(club)
    assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == {(f"D-{club.n}-3", "2025-10-28")}
    assert after[(f"D-{club.n}-3", "2025-10-28")][0] == "not_charged" and counts(club)["marks"] == COUNTS["marks"]
    assert send(club, club.folder / "mended-otkazy.xlsx")["new"] == 0, "once more it says nothing new"


def test_a_deleted_row_withdraws_nothing_whatever_empty_cells_mean(anywhere: Club) -> None:
    club = anywhere
    path = take(club)
    book = openpyxl.load_workbook(path)
    book["Исправить"].delete_rows(FIRST_ROW, 13)
    book.save(path)
    before = said(club)
    for meaning in ("attended", "nothing"):
        mapping = club.mapping
        mapping.write_text(f'[cells]\nempty = "{meaning}"\ncodes = {{"Н" = "absent", "В" = "day_off"}}\n', encoding="utf-8")
        report = send(club, path, "--mapping", str(mapping))
        assert (report["new"], report["unchanged"], report["withdrawn"], report["held"]) == (0, 1, 0, 0)
    assert said(club) == before and counts(club) == COUNTS


def test_a_wrong_number_that_is_mended_leaves_no_second_mark_behind(anywhere: Club) -> None:
    """«Котова А.» under a number that nobody bears: mended in one of her four rows, it is hers in all."""
    club = anywhere
    path = take(club, [Row("Котова А.", "4799999999"), Row("Петров Пётр", number_of(club.n, 2))])
    assert counts(club)["waiting"] == {"N01": 4}
    path = mend(path, {CERTIFICATE: number_of(club.n, 4)}, lambda row: row[CHILD] == "Котова А." and row[DATE] == "07.10.2025")
    dry = ask(club, "dry-run", path, "--provider", club.provider, code=1)
    report = send(club, path)
    assert dry["counts"] == report["counts"] and report["counts"]["charged"] == 4
    after = counts(club)
    assert (after["marks"], after["waiting"], after["charged"]) == (8, {}, 5)
    assert ask(club, "certificate", number_of(club.n, 4))["paid"] == "720.00"
    # The sheet itself, mended likewise, is of the same child.
    sheet = club.sheet()
    rows = [Row("Котова А.", number_of(club.n, 4)), Row("Петров Пётр", number_of(club.n, 2))]
    sheet.write_bytes(one_grid("Клуб", Grid(f"Ладья {club.n}", dt.date(2025, 10, 1), rows)))
    again = send(club, sheet)
    assert (again["new"], again["withdrawn"]) == (0, 0)


def test_a_number_alone_is_counted_as_news_once_and_is_taken_back_with_its_file(anywhere: Club) -> None:
    club = anywhere
    path = take(club, [Row("Котова А."), Row("Чужова Анна"), Row("Петров Пётр", number_of(club.n, 2))])
    before = counts(club)
    path = mend(path, {CERTIFICATE: number_of(club.n, 4)}, lambda row: row[CHILD] == "Котова А.")
    dry = ask(club, "dry-run", path, "--provider", club.provider, code=1)
    report = send(club, path)
    assert (report["new"], report["unchanged"], dry["new"]) == (4, 7, 4)
    assert (send(club, path)["new"], counts(club)["charged"]) == (0, before["charged"] + 4)
    assert ask(club, "undo", report["run"], "--provider", club.provider)["changed"] == 4
    assert (counts(club), ask(club, "certificate", number_of(club.n, 4))["paid"]) == (before, "0.00")
    assert ask(club, "undo", report["run"], "--provider", club.provider, code=2)["error"]
    assert (send(club, path)["new"], counts(club)["charged"]) == (4, before["charged"] + 4)


def test_of_two_mendings_the_later_stands_and_taking_both_back_leaves_what_was(anywhere: Club) -> None:
    """The first gave the row Петров's number, the second Котова's."""
    club = anywhere
    first = take(club, [Row("Чужова Анна")])
    before = counts(club)
    wrong = mend(first, {CERTIFICATE: number_of(club.n, 2), CHILD: "Петров Пётр"}, lambda row: True)
    right = mend(wrong, {CERTIFICATE: number_of(club.n, 4), CHILD: "Котова А."}, lambda row: True)
    runs = [send(club, one, code=code)["run"] for one, code in ((wrong, 1), (right, 0))]
    assert ask(club, "certificate", number_of(club.n, 4))["paid"] == "720.00"
    ask(club, "undo", runs[0], "--provider", club.provider)
    assert ask(club, "certificate", number_of(club.n, 4))["paid"] == "720.00"
    ask(club, "undo", runs[1], "--provider", club.provider)
    assert (counts(club), ask(club, "certificate", number_of(club.n, 2))["paid"]) == (before, "0.00")


def test_a_number_of_another_child_is_taken_back_from_it(anywhere: Club) -> None:
    """«Зимин О.» under Петров's number is nobody's; with Зимин's it is, in the trial as for good."""
    club = anywhere
    path = take(club, [Row("Зимин О.", number_of(club.n, 3)), Row("Чужова Анна")])
    assert ask(club, "certificate", number_of(club.n, 3))["paid"] == "180.00"
    path = mend(path, {CERTIFICATE: number_of(club.n, 1), CHILD: "Иванова Мария"}, lambda row: row[CHILD] == "Зимин О.")
    dry = ask(club, "dry-run", path, "--provider", club.provider, code=1)
    report = send(club, path)
    assert dry["counts"] == report["counts"] and report["counts"]["charged"] == 3
    assert ask(club, "certificate", number_of(club.n, 3))["paid"] == "0.00", "all that was his goes with the row"
    assert ask(club, "certificate", number_of(club.n, 1))["paid"] == "720.00" and counts(club)["marks"] == 8


def test_a_persons_answer_outlives_the_mending_of_a_name(club: Club) -> None:
    path = take(club)
    ask(club, "match", "Чужова Анна", "--child", f"k-{club.n}-4", "--provider", club.provider)
    send(club, mend(path, {CHILD: "Чужова Анна Петровна"}, lambda row: row[CHILD] == "Чужова Анна"))
    assert ask(club, "certificate", number_of(club.n, 4))["paid"] == "720.00" and counts(club)["marks"] == COUNTS["marks"]


def test_a_moved_day_leaves_nothing_where_it_stood(anywhere: Club) -> None:
    club = anywhere
    mapping = club.mapping
    mapping.write_text('[cells]\nempty = "unknown"\ncodes = {"+" = "attended", "Н" = "absent", "В" = "day_off"}\n', encoding="utf-8")
    sheet = club.sheet()
    sheet.write_bytes(
        one_grid("Клуб", Grid(f"Ладья {club.n}", dt.date(2025, 10, 1), [Row("Иванова Мария", number_of(club.n, 1), {8: "+"})]))
    )
    ask(club, "import", sheet, "--provider", club.provider, "--mapping", mapping, code=1)
    assert counts(club)["refused"] == {"N04": 1}
    report = send(club, mend(written(club, "otkazy.xlsx"), {DATE: "07.10.2025"}, lambda row: True), code=0)
    assert (report["new"], report["withdrawn"], report["held"]) == (1, 1, 0)
    after = counts(club)
    assert (after["marks"], after["charged"], after["refused"]) == (1, 1, {})


def test_a_mark_is_taken_away_by_a_dash(club: Club) -> None:
    path = take(club)
    report = send(club, mend(path, {SIGN: "-"}, lambda row: row[CHILD] == "Зимин Олег" and row[DATE] == "28.10.2025"))
    assert (report["new"], report["withdrawn"], report["unchanged"]) == (0, 1, 13)
    assert counts(club)["marks"] == COUNTS["marks"] - 1 and counts(club)["refused"] == {"C10": 1, "A07": 4}


def test_namesakes_are_told_apart_by_their_rows_codes(anywhere: Club) -> None:
    club = anywhere
    path = take(club, [Row("Котова А."), Row("Котова А."), Row("Петров Пётр", number_of(club.n, 2))])
    assert counts(club)["waiting"] == {"N02": 8}
    assert (send(club, path)["new"], counts(club)["marks"]) == (0, 12)
    sheet = send(club, club.folder / "tabel.xlsx")
    assert (sheet["new"], sheet["withdrawn"]) == (0, 0), "they are known by their rows in the sheet still"
    codes = [one["reference"] for one in ask(club, "rejects", "--provider", club.provider) if one["child"] == "Котова А."]
    path = mend(path, {CERTIFICATE: number_of(club.n, 4)}, lambda row: row[CODE].startswith(codes[0]))
    send(club, path)
    after = counts(club)
    assert (after["marks"], after["charged"]) == (12, 5) and sum(after["waiting"].values()) == 4


def test_what_was_mended_elsewhere_meanwhile_is_not_overwritten_by_an_untouched_row(club: Club) -> None:
    path = take(club)
    club.ask("import", club.sheet(marks={14: "Н", 28: "Н"}), "--provider", club.provider, code=1)
    sheet = club.sheet("later.xlsx")
    rows = [
        Row("Петров Пётр", number_of(club.n, 2)),
        Row("Зимин Олег", number_of(club.n, 3), {28: "Н"}),
        Row("Котова А."),
        Row("Чужова Анна"),
    ]
    rows.insert(0, Row("Иванова Мария", number_of(club.n, 1), {14: "Н", 28: "Н"}))
    sheet.write_bytes(one_grid("Клуб", Grid(f"Ладья {club.n}", dt.date(2025, 10, 1), rows)))
    club.ask("import", sheet, "--provider", club.provider, code=1)
    before = said(club)
    report = send(club, path)
    assert report["new"] == 0 and said(club) == before
    assert [one["status"] for one in report["marks"] if one["child"] == "Зимин Олег" and one["date"] == "2025-10-28"] == ["absent"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({CODE: ""}, "нет своего кода"),
        ({CODE: "17-abc"}, "нет своего кода"),
        ({GROUP: "Другая группа"}, "группа строки изменена"),
        ({DATE: "31.02.2025"}, "нет такой даты"),
        ({SIGN: "Щ"}, "неизвестный знак"),
        ({CERTIFICATE: "12345"}, "цифр вместо 10"),
        ({CHILD: ""}, "имя ребёнка стёрто"),
    ],
)
def test_a_row_that_cannot_be_understood_is_told_and_changes_nothing(club: Club, change: dict[str, str], words: str) -> None:
    path = take(club)
    before = said(club), counts(club)["marks"]
    report = send(club, mend(path, change, lambda row: row[CHILD] == "Зимин Олег" and row[DATE] == "28.10.2025"))
    (unread,) = report["unread"]
    assert words in unread["what"] and unread["cure"] and unread["row"] is not None
    assert (report["new"], report["withdrawn"]) == (0, 0) and (said(club), counts(club)["marks"]) == before
    assert counts(club)["unread"] == COUNTS["unread"] + 1
    send(club, path)
    assert counts(club)["unread"] == COUNTS["unread"], "the file without the mistake is the latest word on it"


def test_a_copied_row_is_no_new_mark(club: Club) -> None:
    path = take(club)
    book = openpyxl.load_workbook(path)
    sheet = book["Исправить"]
    copied = [cell.value for cell in sheet[FIRST_ROW]]
    copied[HEAD.index(DATE)] = "21.10.2025"
    sheet.append(copied)
    book.save(path)
    report = send(club, path)
    assert "код этой строки уже стоит" in report["unread"][0]["what"] and (report["new"], report["withdrawn"]) == (0, 0)


def test_another_sources_file_is_nobodys(club: Club) -> None:
    path = take(club)
    before = said(club)
    report = send(club, path, "--source", "paper", code=3)
    assert report["outcome"] == "refused" and "не от этой организации" in report["unread"][0]["what"]
    assert "--source" in report["unread"][0]["cure"] and said(club) == before


def test_without_its_codes_the_file_is_refused(club: Club) -> None:
    path = take(club)
    book = openpyxl.load_workbook(path)
    book["Исправить"].delete_cols(HEAD.index(CODE) + 1)
    book.save(path)
    assert "нет столбца" in send(club, path, code=3)["unread"][0]["what"]


def test_a_name_that_is_not_kept_leaves_the_number_and_the_row_is_the_same(club: Club) -> None:
    take(club)
    home = Path(club.env["GATEWAY_HOME"])
    with sqlite3.connect(home / "gateway.sqlite") as connection:
        connection.execute("UPDATE person SET sealed = ''")
    rows = {(one["child"], one["certificate"]) for one in club.ask("rejects")}
    assert rows == {("имя не хранится", number_of(club.n, 2)), ("имя не хранится", number_of(club.n, 3)), ("имя не хранится", None)}
    path = written(club, "nameless.xlsx")
    report = send(club, mend(path, {SIGN: "Н"}, lambda row: row[CERTIFICATE] == number_of(club.n, 3) and row[DATE] == "28.10.2025"))
    assert (report["new"], report["withdrawn"]) == (1, 0) and counts(club)["marks"] == COUNTS["marks"]


def test_the_file_is_its_owners_alone_and_is_never_written_over(club: Club) -> None:
    path = take(club)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert "уже есть" in club.ask("rejects", "--out", path, code=2)["error"]["what"] and path.read_bytes() == before


def test_a_name_that_an_office_program_would_run_is_a_text_and_comes_back_as_it_was(club: Club) -> None:
    path = take(club, [Row("=HYPERLINK(1) А"), Row("+Чужова Анна"), Row("Петров Пётр", number_of(club.n, 2))])
    sheet = openpyxl.load_workbook(path)["Исправить"]
    values = [cell for row in sheet.iter_rows() for cell in row if cell.value]
    assert all(cell.data_type == "s" and not str(cell.value).startswith(("=", "+", "-", "@")) for cell in values)
    assert {one["child"] for one in club.ask("rejects")} >= {"+Чужова Анна"}
    assert (send(club, path)["new"], send(club, path)["unread"]) == (0, [])


def test_cells_that_were_not_understood_stand_on_a_sheet_of_their_own(club: Club) -> None:
    book = openpyxl.load_workbook(take(club))
    (row,) = book["Не прочитано"].iter_rows(min_row=FIRST_ROW, values_only=True)
    assert row[:3] == ("tabel.xlsx", "Октябрь", "AF9") and "Щ" in row[3] and row[4]


def test_two_sources_need_a_file_each(club: Club) -> None:
    take(club)
    club.ask("import", club.sheet("other.xlsx"), "--provider", club.provider, "--source", "paper", "--mapping", club.mapping, code=1)
    error = club.ask("rejects", "--out", club.folder / "both.xlsx", code=2)["error"]
    assert "paper, spreadsheet" in error["cure"] and not (club.folder / "both.xlsx").exists()
    shown = club("rejects", "--out", club.folder / "paper.xlsx", "--source", "paper").stdout
    assert "--source paper" in shown and f"--provider {club.provider}" in shown
    assert send(club, club.folder / "paper.xlsx", "--source", "paper")["new"] == 0


def test_where_two_sources_differ_the_mark_waits_in_the_file(club: Club) -> None:
    take(club)
    other = club.sheet("other.xlsx", marks={7: "Н", 14: "Н", 28: "Н"})
    club.ask("import", other, "--provider", club.provider, "--source", "paper", "--mapping", club.mapping, code=1)
    waiting = [one for one in club.ask("rejects") if [reason["rule"] for reason in one["reasons"]] == ["A14"]]
    assert [(one["answer"], one["date"]) for one in waiting] == [("waiting", "2025-10-07")]


def test_a_file_of_several_months_is_taken_whole(club: Club) -> None:
    take(club)
    september = club.folder / "september.xlsx"
    september.write_bytes(one_grid("Клуб", Grid(f"Ладья {club.n}", dt.date(2025, 9, 1), [Row("Чужова Анна")])))
    club.ask("import", september, "--provider", club.provider, code=1)
    path = written(club, "all.xlsx")
    months = {one["date"][:7] for one in send(club, path)["marks"]}
    assert months == {"2025-09", "2025-10"}
    one_month = send(club, path, "--month", "2025-09")
    assert {one["date"][:7] for one in one_month["marks"]} == {"2025-09"} and one_month["unread"]
