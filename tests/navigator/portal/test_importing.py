"""The import of a district on a page: every row's problem first, then all of it or nothing; and uploads that mean harm."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from sqlalchemy import func, select, update

from navigator.portal import app as portal
from navigator.portal.importing import store, unpacking
from navigator.portal.importing.tables import imports
from navigator.portal.tables import guardians, persons
from navigator.tables import children, feed_items, payers

from ..conftest import DISTRICT
from .conftest import Pages
from .overseers import entered
from .test_catalogue import bring
from .visitor import Visitor

FAMILIES = "email,child,last_name,first_name\ninna@example.ru,k-1,Иванова,Инна\n"


@pytest.fixture
def operator(empty_pages: Pages) -> Visitor:
    empty_pages.person("operator@example.ru", "operator")
    return entered(empty_pages, "operator@example.ru")


def zipped(files: dict[str, str | bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def upload(visitor: Visitor, files: dict[str, str | bytes]) -> str:
    """Choose these files and press the button; what is read then."""
    visitor.get("/imports")
    token = visitor.form_with("csrf_token", "files").values["csrf_token"]
    chosen = [(io.BytesIO(content.encode() if isinstance(content, str) else content), name) for name, content in files.items()]
    sent = {"csrf_token": token, "files": chosen}
    visitor.answer = visitor.client.post("/imports", data=sent, headers=visitor.headers, follow_redirects=True)
    visitor.path = visitor.answer.request.path
    return visitor.text


def rows(pages: Pages, table) -> int:
    return pages.read(lambda c: c.scalar(select(func.count()).select_from(table)))


@pytest.mark.parametrize("as_zip", [False, True])
def test_a_district_and_its_families_are_looked_at_and_then_taken_in(empty_pages: Pages, operator: Visitor, as_zip: bool):
    files = {**DISTRICT, "parents.csv": FAMILIES}
    told = upload(operator, {"район.zip": zipped({f"район/{name}": text for name, text in files.items()})} if as_zip else files)
    assert "children.csv 3 0 0" in told and "parents.csv 1 новых связей с детьми: 1" in told and "Ошибок нет." in told
    assert rows(empty_pages, children) == 0 and rows(empty_pages, feed_items) == 0, "nothing is stored yet"
    operator.submit(press="load")
    assert "Загружено." in operator.text
    assert (rows(empty_pages, children), rows(empty_pages, guardians)) == (3, 1)
    assert rows(empty_pages, feed_items) > 0, "the gateway hears of it"
    assert empty_pages.read(lambda c: c.execute(select(imports.c.state, imports.c.content)).one()) == ("loaded", None)
    upload(operator, files)
    assert "children.csv 0 0 3" in operator.text and "parents.csv 0" in operator.text, "the same again would change nothing"


def test_every_problem_of_every_file_is_told_with_its_cure(empty_pages: Pages, operator: Visitor):
    bad = {
        "children.csv": "child,last_name,birth_date\nk-1,Ан,01.02.2014\nk-1,Бо,2014-02-01\n",
        "certificates.csv": "certificate,child,payer,kind,state,valid_from,valid_to\n"
        "123,k-1,nobody,financing,active,2025-01-01,2025-12-31\n",
        "groups.csv": "group;module\n",
        "parents.csv": "email,child\nnobody,k-1\nanna@example.ru,k-7\noperator@example.ru,k-1\n",
        "notes.csv": "a,b\n",
    }
    told = upload(operator, bad)
    for expected in (
        "children.csv строка 2, столбец birth_date «01.02.2014»: не дата",
        "certificates.csv строка 2, столбец certificate «123»: не номер",
        "parents.csv строка 2, столбец email",
        "parents.csv строка 3, столбец child",
        "parents.csv строка 4, столбец email",
        "notes.csv",
        "groups.csv строка 1",
        "напишите ГГГГ-ММ-ДД",
    ):
        assert expected in told, expected
    assert rows(empty_pages, children) == 0
    assert empty_pages.read(lambda c: c.execute(select(imports.c.state, imports.c.content)).one()) == ("refused", None)
    operator.get("/imports")
    assert "ошибок" in operator.text or "ошибки" in operator.text


def test_a_family_may_come_with_its_child(empty_pages: Pages, operator: Visitor):
    told = upload(operator, {"parents.csv": FAMILIES})
    assert "столбец child" in told
    together = {name: DISTRICT[name] for name in ("children.csv", "payers.csv")}
    assert "Ошибок нет." in upload(operator, {**together, "parents.csv": FAMILIES})


def test_what_has_changed_in_between_is_refused_whole(empty_pages: Pages, operator: Visitor):
    upload(operator, {**DISTRICT, "parents.csv": FAMILIES})
    empty_pages.person("inna@example.ru", "operator")
    operator.submit(press="load")
    assert "столбец email" in operator.text and rows(empty_pages, children) == 0


def test_an_import_is_taken_in_once_and_can_be_dropped(empty_pages: Pages, operator: Visitor):
    upload(operator, {"payers.csv": DISTRICT["payers.csv"]})
    address = operator.path
    token = operator.forms()[-1].values["csrf_token"]
    for expected in ("Загружено.", "уже загружен"):
        operator.answer = operator.client.post(
            address, data={"csrf_token": token, "load": "1"}, headers=operator.headers, follow_redirects=True
        )
        assert expected in operator.text
    upload(operator, {"payers.csv": "payer,name\nnew,Новый\n"})
    operator.submit(press="drop")
    assert "ничего не загружено" in operator.text and rows(empty_pages, payers) == 2


def test_files_that_nobody_confirms_are_forgotten(empty_pages: Pages, operator: Visitor):
    upload(operator, {"payers.csv": DISTRICT["payers.csv"]})
    address = operator.path
    empty_pages.later(hours=23)
    visitor = entered(empty_pages, "operator@example.ru")
    visitor.get("/imports")
    assert empty_pages.read(lambda c: c.scalar(select(imports.c.content))) is not None
    empty_pages.later(hours=2)
    visitor = entered(empty_pages, "operator@example.ru")
    visitor.get("/imports")
    assert empty_pages.read(lambda c: c.execute(select(imports.c.state, imports.c.content)).one()) == ("dropped", None)
    visitor.get(address)
    assert "не загружено" in visitor.text


# ---------------------------------------------------------------- uploads that are none


def locked() -> bytes:
    content = bytearray(zipped({"payers.csv": "payer\n"}))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        at = content.find(mark) + (6 if mark == b"PK\x03\x04" else 8)
        content[at : at + 2] = struct.pack("<H", struct.unpack("<H", content[at : at + 2])[0] | 1)
    return bytes(content)


def broken() -> bytes:
    content = bytearray(zipped({"payers.csv": "payer\n" + "x" * 1000}))
    content[45] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "Выберите файлы"),
        ({"a.zip": zipped({})}, "Выберите файлы"),
        ({"a.zip": zipped({"__MACOSX/._payers.csv": "x", ".DS_Store": "x"})}, "Выберите файлы"),
        ({"a.xlsx": b"PK"}, "a.xlsx: нужны файлы .csv"),
        ({"a.zip": zipped({"b.exe": b"MZ"})}, "b.exe: нужны файлы .csv"),
        ({"a.zip": zipped({"inner.zip": zipped({"payers.csv": "payer\n"})})}, "inner.zip: нужны файлы .csv"),
        ({"a.zip": b"not a zip"}, "архив повреждён"),
        ({"a.zip": broken()}, "архив повреждён"),
        ({"a.zip": locked()}, "под паролем"),
        ({"a.zip": zipped({"x/payers.csv": "payer\n", "y/payers.csv": "payer\n"})}, "payers.csv: такой файл выбран дважды"),
        ({"../../payers.csv": "payer\n", "payers.csv": "payer\n"}, "выбран дважды"),
        ({"a.zip": zipped({f"{number}.csv": "" for number in range(unpacking.FILES_MAX + 1)})}, "Файлов больше 40"),
    ],
)
def test_what_cannot_be_looked_at_is_told_at_the_field(empty_pages: Pages, operator: Visitor, files: dict[str, str | bytes], told: str):
    assert told in upload(operator, files)
    assert operator.status == 200 and 'id="files-wrong"' in operator.html and rows(empty_pages, imports) == 0


def test_a_zip_bomb_is_stopped_while_it_unpacks(operator: Visitor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unpacking, "CONTENT_BYTES_MAX", 1024 * 1024)
    bomb = bytearray(zipped({"payers.csv": b"0" * 50_000_000}))
    assert len(bomb) < 100_000
    at = bomb.find(b"PK\x01\x02") + 24
    bomb[at : at + 4] = struct.pack("<I", 10)  # what it claims of itself is not believed
    with pytest.raises(unpacking.Unusable) as raised:
        unpacking.unpack([("bomb.zip", io.BytesIO(bytes(bomb)))])
    assert raised.value.code in ("too_large", "bad_zip")
    assert "больше 1 мегабайт" in upload(operator, {"bomb.zip": zipped({"payers.csv": b"0" * 50_000_000})})


def test_more_than_may_be_sent_is_refused_before_it_is_read(operator: Visitor, monkeypatch: pytest.MonkeyPatch):
    assert "Ошибок нет." in upload(operator, {"children.csv": "child,last_name\n" + "".join(f"c{n},{'Ан' * 100}\n" for n in range(4_000))})
    monkeypatch.setitem(portal.FILES_BYTES_MAX, "importing.upload", 2 * 1024 * 1024)
    told = upload(operator, {"payers.csv": b"x" * 3 * 1024 * 1024})
    assert operator.status == 413 and "чем можно: 2" in told
    visitor_form = {"csrf_token": "x", "q": "x" * 2_000_000}
    operator.answer = operator.client.post("/sign-in", data=visitor_form, headers=operator.headers)
    assert operator.status == 413, "other forms stay small"


def test_the_kept_files_are_the_uploaded_ones():
    files = {"payers.csv": "имя\n".encode(), "empty.csv": b""}
    assert unpacking.unpack([("x.zip", io.BytesIO(unpacking.packed(files)))]) == files


def test_a_look_reads_only(pages: Pages):
    district = store.read({"payers.csv": b"payer,name\nnew,New\n", "parents.csv": FAMILIES.encode()})
    before = (rows(pages, payers), rows(pages, persons))
    counts = pages.read(lambda c: store.check(c, pages.clock, district))
    assert counts == {"payers.csv": {"new": 1, "changed": 0, "unchanged": 0}, "parents.csv": {"parents": 1, "bonds": 1}}
    assert (rows(pages, payers), rows(pages, persons)) == before
    bring(pages, payers="payer,name\nnew,New\n")
    with pages.engine.begin() as connection:
        connection.execute(update(payers).where(payers.c.payer == "new").values(name="Z"))
    assert pages.read(lambda c: store.check(c, pages.clock, district))["payers.csv"]["unchanged"] == 1
