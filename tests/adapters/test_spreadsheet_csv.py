"""CSV as programs write it: encodings, separators, quotes, lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.spreadsheet.formats import read_grids
from adapters.spreadsheet.formats.text import decoded
from adapters.spreadsheet.settings import SpreadsheetSettings
from gateway.plugins import InputRefused
from tests.adapters.sheets import refusal, taken

TEXT = '''\
"МБОУ ДО ""Центр творчества"""
"Параметры: отдел ""Технический; Художественный"""

№;ФИО;Сертификат;01.10.2025;06.10.2025;08.10.2025;13.10.2025;Итого;
1;Селезнёв Фёдор;0346995549;1,50;н;;;1,50;
2;Цветкова Алёна;4785831771;"2,00";;Н;;2,00;
Итого;;;;;;;3,50;
'''
MAPPING = {"cells": {"empty": "unknown", "codes": {"Н": "absent", "+": "attended"}}}
SETTINGS = SpreadsheetSettings()


def saved(folder: Path, text: str, encoding: str = "utf-8", name: str = "Техники.csv") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def rows(path: Path) -> dict[int, list[str]]:
    (grid,) = read_grids(path, SETTINGS)
    return {row: [cell.text for cell in cells.values()] for row, cells in grid.rows.items()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "cp866", "iso8859-5"])
def test_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    text = TEXT if encoding not in ("koi8-r",) else TEXT.replace("№", "N")
    read = taken(saved(tmp_path, text, encoding), MAPPING)
    assert read.names == ["Селезнёв Фёдор", "Цветкова Алёна"]
    assert read.said("Селезнёв Фёдор", 1, 6, 8) == ["attended:150", "absent", "unmarked"]
    assert read.members[0].certificate == "0346995549"


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp866", "mac-cyrillic", "iso8859-5"])
@pytest.mark.parametrize(
    "text", ["ФИО;1;8\nИванов Пётр;+;Н\n", "ТАБЕЛЬ ЗА ОКТЯБРЬ;\nИВАНОВ ПЁТР;Н\n", "Группа;Ребёнок\nЛепка;Юля Щукина-Эйхе\nмама;её\n"]
)
def test_a_few_words_are_enough_to_tell_the_encoding(encoding: str, text: str) -> None:
    assert decoded(text.encode(encoding)) == text


def test_what_would_be_gibberish_is_refused(tmp_path: Path) -> None:
    twice = TEXT.encode("utf-8").decode("cp1251", "ignore").encode("utf-8")  # read wrongly once, and saved so
    (tmp_path / "x.csv").write_bytes(twice)
    finding = refusal(tmp_path / "x.csv")
    assert "кодировка" in finding.what.ru and "encoding" in finding.what.en and "CSV UTF-8" in finding.cure.ru


@pytest.mark.parametrize("cut", [b"\xff\xfe" + "ФИО;1".encode("utf-16-le") + b"\x04", b"\xef\xbb\xbf\xd0\xd0;\xd0"])
def test_an_encoding_that_the_bytes_belie(cut: bytes) -> None:
    with pytest.raises(InputRefused) as refused:
        decoded(cut)
    assert "кодировка" in refused.value.finding.what.ru


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_any_usual_separator_and_decimal_commas(tmp_path: Path, separator: str) -> None:
    lines = [["№", "ФИО", "1", "8"], ["1", "Иванов Пётр", "1,5", "Н"], ["2", "Петров; Иван", "", "2,25"]]
    text = "\n".join(separator.join(f'"{cell}"' if separator in cell or "," in cell else cell for cell in line) for line in lines)
    assert taken(saved(tmp_path, text), MAPPING).said("Иванов Пётр", 1, 8) == ["attended:150", "absent"]


def test_excels_own_line_of_the_separator(tmp_path: Path) -> None:
    path = saved(tmp_path, "sep=|\n№|ФИО|1|8\n1|Иванов, Пётр|+|Н;\n")
    assert rows(path) == {2: ["№", "ФИО", "1", "8"], 3: ["1", "Иванов, Пётр", "+", "Н;"]}


def test_empty_lines_count_and_lines_within_quotes_too(tmp_path: Path) -> None:
    path = saved(tmp_path, 'а;б\r\n\r\n"в\r\nг";"""д"""\r\n;;\r\nе;ж\r\n')
    assert rows(path) == {1: ["а", "б"], 3: ["в г", '"д"'], 6: ["е", "ж"]}


def test_a_quote_that_is_never_closed_swallows_nothing(tmp_path: Path) -> None:
    lines = ["№;ФИО;1;8", '1;"Иванов Пётр;+;Н', *(f"{row};Петров Иван{'абвгдежзиклмнопрстуфхцчшщэюя'[row - 2]};+;" for row in range(2, 30))]
    assert len(taken(saved(tmp_path, "\n".join(lines)), MAPPING).names) == 29


def test_a_text_kept_by_a_formula_keeps_its_zero(tmp_path: Path) -> None:
    path = saved(tmp_path, '№;ФИО;Сертификат;1;8\n1;Иванов Пётр;="0346995549";+;Н\n2;Петров Иван;0346995541;=1+1;Н\n')
    read = taken(path, MAPPING)
    assert read.members[0].certificate == "0346995549"
    assert read.unread() == [("Техники.csv", 3, "D")], "a formula is a sign like others, and not known"


def test_the_end_mark_of_dos(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("№;ФИО;1;8\r\n1;Иванов Пётр;+;Н\r\n\x1a".encode("cp866"))
    assert taken(tmp_path / "x.csv", MAPPING).names == ["Иванов Пётр"]


def test_without_words_of_a_group_the_files_name_is_it(tmp_path: Path) -> None:
    text = "№;ФИО;1;8\n1;Иванов Пётр;+;Н\n"
    assert taken(saved(tmp_path, text), MAPPING).groups == ["Техники"]
    for words in ("Техники", "Техники.csv"):
        assert taken(saved(tmp_path, text), {**MAPPING, "groups": {words: "g-1"}}).groups == [words]
    assert taken(saved(tmp_path, "Кружок: Лепка;;;\n" + text), MAPPING).groups == ["Лепка"]


def test_a_files_name_may_tell_the_month_and_never_hides_it(tmp_path: Path) -> None:
    text = "№;ФИО;1;8\n1;Иванов Пётр;+;Н\n"
    path = saved(tmp_path, text, name="шаблон октябрь 2025.csv")
    assert [window.period.first.isoformat() for window in taken(path, MAPPING, None).windows] == ["2025-10-01"]
    assert taken(saved(tmp_path, "за октябрь 2025\n" + text, name="сентябрь 2025.csv"), MAPPING).findings == []


def test_rows_of_several_groups_in_one_list(tmp_path: Path) -> None:
    text = "№;ФИО;Группа;1;8\n1;Иванов Пётр;Лепка;+;Н\n2;Петров Иван;;Н;+\n3;Иванов Пётр;Шахматы;+;\nИтого;;;2;1\n"
    read = taken(saved(tmp_path, text), MAPPING)
    assert [(member.group, member.name) for member in read.members] == [
        ("Лепка", "Иванов Пётр"), ("Лепка", "Петров Иван"), ("Шахматы", "Иванов Пётр"),
    ]  # fmt: skip
    assert [window.group for window in read.windows] == ["Лепка", "Шахматы"]
