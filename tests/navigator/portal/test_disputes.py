"""Disputes: filed once per lesson, answered, decided where the club is silent, and closed by what the register says."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from navigator import operations
from navigator.engine import writing
from navigator.portal.disputes import lessons, store
from navigator.portal.disputes.tables import dispute_steps, disputes
from navigator.portal.tables import reads

from ..conftest import make_attendance, make_debit, make_reversal
from .conftest import Pages
from .test_catalogue import bring
from .visitor import Visitor

LESSON = "/family/k-1/disputes/g-1/2025-10-06/1"
REASON = "Мария болела и не была на занятии"


class Town:
    """The pages with a lesson that was attended and debited, and one that was missed."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.debit = make_debit("2025-10-06")
        self.send(make_attendance("2025-10-06"), self.debit, make_attendance("2025-10-13", "absent", n=1))
        bring(pages, providers="provider,name\nring,Ринг\n")
        pages.person("parent@example.ru", "parent", "k-1")
        pages.person("club@example.ru", "club", provider="ddt")
        pages.person("ring@example.ru", "club", provider="ring")
        pages.person("operator@example.ru", "operator")

    def send(self, *told: dict[str, Any]) -> None:
        with writing(self.pages.engine) as connection:
            answers = operations.take(connection, told, self.pages.clock.now())
        assert {answer["outcome"] for answer in answers} == {"accepted"}, answers

    def file(self, path: str = LESSON, reason: str = REASON) -> Visitor:
        parent = self.pages.signed_in("parent@example.ru")
        parent.get(path)
        parent.submit({"reason": reason})
        assert "Спор открыт" in parent.text, parent.text
        return parent

    def states(self) -> list[str]:
        return self.pages.read(lambda c: list(c.scalars(select(disputes.c.state).order_by(disputes.c.ordinal))))

    def steps(self) -> list[tuple[str, str]]:
        wanted = select(dispute_steps.c.role, dispute_steps.c.state).order_by(dispute_steps.c.step)
        return [tuple(row) for row in self.pages.read(lambda c: c.execute(wanted).all())]

    def answer(self, press: str, text: str = "", email: str = "club@example.ru", key: str = "S-2025-000001") -> Visitor:
        visitor = self.pages.signed_in(email)
        visitor.get(f"/{email.split('@')[0]}/disputes/{key}")
        visitor.submit({"text": text}, press=press)
        return visitor

    def chores(self) -> int:
        return int(self.pages.app.extensions["chores"].do_due())


@pytest.fixture
def town(pages: Pages) -> Town:
    return Town(pages)


def text(visitor: Visitor) -> str:
    return visitor.text.replace("\u00a0", " ")


# ---------------------------------------------------------------- filing


def test_a_debit_is_disputed_once(town: Town):
    parent = town.pages.signed_in("parent@example.ru")
    parent.get("/family/k-1/disputes")
    assert "Споров ещё не было" in parent.text
    parent.get(LESSON)
    assert "Оспорить списание" in parent.text and "190,00 ₽" in text(parent)
    assert "Организация увидит ваши слова" in parent.text
    parent.submit({"reason": ""})
    assert "Напишите, что было на самом деле" in parent.text and town.states() == []
    parent.submit({"reason": "   "})
    assert town.states() == []
    parent.submit({"reason": "Да"})
    assert "чуть подробнее" in parent.text and parent.form_with("reason").values["reason"] == "Да"
    parent.submit({"reason": REASON})
    assert parent.path == "/disputes/S-2025-000001" and REASON in parent.text and "15 ноября 2025, 10:00" in parent.text
    parent.get(LESSON)
    assert parent.path == "/disputes/S-2025-000001", "it is in dispute: there is no second form"
    parent.get("/family/k-1/disputes")
    assert "списание 190,00 ₽" in text(parent) and "ждёт ответа организации" in parent.text
    assert town.states() == ["open"] and town.steps() == [("parent", "open")]
    assert "Спор № S-2025-000001 отправлен организации" in town.pages.delivered("parent@example.ru")
    club = town.pages.delivered("club@example.ru")
    assert "/club/disputes/S-2025-000001" in club and "Мария" not in club and "болела" not in club
    assert all(mail["To"] != "ring@example.ru" for mail in town.pages.mails)


def test_two_parents_at_once_open_one_dispute(town: Town):
    town.file()
    lesson = town.pages.read(lambda c: lessons.one(c, "k-1", "g-1", "2025-10-06", 1))
    person = town.pages.read(lambda c: c.scalar(select(disputes.c.person)))
    with town.pages.app.app_context(), writing(town.pages.engine) as connection, pytest.raises(store.NotDisputable):
        store.file(connection, town.pages.clock, "k-1", person, lesson, REASON)


def test_a_family_files_so_many_a_day(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "OF_CHILD_MAX", 1)
    parent = town.file()
    parent.submit(action="/withdraw")
    parent.get(LESSON)
    parent.submit({"reason": REASON})
    assert "Сегодня открыто уже 1 споров" in parent.text and parent.form_with("reason").values["reason"] == REASON
    assert town.states() == ["withdrawn"]


def test_a_lesson_about_which_nothing_is_known_is_not_there(town: Town):
    parent = town.pages.signed_in("parent@example.ru")
    for path in ("/family/k-1/disputes/g-1/2025-10-27/1", "/family/k-1/disputes/g-2/2025-10-06/1"):
        parent.get(path)
        assert parent.status == 404, path


def test_a_mark_that_was_taken_back_cannot_be_disputed(town: Town):
    town.send(make_attendance("2025-10-13", "none", n=2))
    parent = town.pages.signed_in("parent@example.ru")
    parent.get("/family/k-1/disputes/g-1/2025-10-13/1")
    assert parent.status == 404


# ---------------------------------------------------------------- answers


def test_the_club_confirms_with_a_reason_and_the_family_may_go_to_the_operator(town: Town):
    town.file()
    club = town.answer("confirm")
    assert "Напишите, почему всё верно" in club.text and town.states() == ["open"]
    club.submit({"text": "Мария была, есть запись"}, press="confirm")
    assert "спор закрыт" in club.text and town.states() == ["confirmed"]
    assert "Мария была, есть запись" in town.pages.delivered("parent@example.ru")
    parent = town.file(reason="Нет, мы были у врача")
    assert town.states() == ["confirmed", "open"]
    operator = town.answer("confirm", "Запись видел", "operator@example.ru", "S-2025-000002")
    assert "спор закрыт" in operator.text and town.states() == ["confirmed", "confirmed"]
    assert "Делать ничего не нужно" in town.pages.delivered("club@example.ru")
    parent.get(LESSON)
    assert "Оператор уже рассмотрел это" in parent.text and not [each for each in parent.forms() if "reason" in each.names]
    data = {"csrf_token": parent.forms()[0].values["csrf_token"], "reason": REASON}
    parent.client.post(LESSON, data=data, headers=parent.headers)
    assert town.states() == ["confirmed", "confirmed"], "not a third time"


def test_the_operator_decides_only_where_the_club_is_silent(town: Town):
    town.file()
    operator = town.pages.signed_in("operator@example.ru")
    operator.get("/operator/disputes")
    assert "Здесь пусто" in operator.text
    operator.get("/operator/disputes/S-2025-000001")
    assert "Пока спор решает организация" in operator.text
    token = operator.forms()[0].values["csrf_token"]
    data = {"csrf_token": token, "text": "Решил", "confirm": "1"}
    operator.client.post("/operator/disputes/S-2025-000001", data=data, headers=operator.headers)
    assert town.states() == ["open"]
    town.pages.later(days=10)
    operator = town.pages.signed_in("operator@example.ru")
    operator.get("/operator")
    assert "1 спор ждёт вашего решения" in operator.text
    operator.get("/operator/disputes")
    assert "S-2025-000001" in operator.text and "срок вышел" in operator.text
    operator = town.answer("correct", "Исправьте до пятницы", "operator@example.ru")
    assert town.states() == ["correcting"] and town.steps()[-1] == ("operator", "correcting")
    assert "организация должна исправить" in town.pages.delivered("parent@example.ru")
    assert "надо исправить" in town.pages.delivered("club@example.ru")
    operator.get("/operator/disputes")
    assert "S-2025-000001" not in operator.text, "the club has its days again"


def test_a_dispute_is_withdrawn_and_what_is_over_stays_over(town: Town):
    parent = town.file()
    parent.submit(action="/withdraw")
    assert "Спор отозван" in parent.text and town.states() == ["withdrawn"]
    assert "отозван" in town.pages.delivered("parent@example.ru") and "Отвечать не нужно" in town.pages.delivered("club@example.ru")
    club = town.pages.signed_in("club@example.ru")
    club.get("/club/disputes/S-2025-000001")
    data = {"csrf_token": club.forms()[0].values["csrf_token"], "text": "Поздно", "confirm": "1"}
    club.client.post("/club/disputes/S-2025-000001", data=data, headers=club.headers)
    assert town.states() == ["withdrawn"] and town.steps() == [("parent", "open"), ("parent", "withdrawn")]
    town.file()
    assert town.states() == ["withdrawn", "open"], "it can be opened again"


def test_the_lists_show_each_club_its_own_by_state_and_are_noted_down(town: Town):
    town.file()
    for email, expected in (("club@example.ru", True), ("ring@example.ru", False)):
        club = town.pages.signed_in(email)
        assert ("1 спор ждёт ответа" in club.text) is expected
        club.get("/club/disputes")
        assert ("S-2025-000001" in club.text) is expected
    noted = select(reads.c.child).where(reads.c.page == "disputes.to_club")
    assert town.pages.read(lambda c: c.scalars(noted).all()) == ["k-1"]
    for wrong in ("state=lost", "after=x", "after=" + "9" * 30):
        club.get(f"/club/disputes?{wrong}")
        assert club.status == 404


# ---------------------------------------------------------------- the register's word


def test_a_reversal_closes_the_dispute_by_itself_and_the_parent_is_told(town: Town):
    parent = town.file()
    town.answer("correct")
    assert town.states() == ["correcting"] and town.chores() == 0
    town.send(make_attendance("2025-10-06", "absent", n=1), make_reversal(town.debit))
    assert town.chores() == 1 and town.chores() == 0
    assert town.states() == ["corrected"] and town.steps()[-1] == ("register", "corrected")
    letter = town.pages.delivered("parent@example.ru").replace("\u00a0", " ")
    assert "Было списано 190,00 ₽, теперь списано 0,00 ₽" in letter and "https://navigator.example/disputes/S-2025-000001" in letter
    parent.get("/disputes/S-2025-000001")
    assert "исправлено" in parent.text and "пропуск, списано 0,00 ₽" in text(parent)


def test_whoever_looks_first_sees_it_closed(town: Town):
    parent = town.file()
    town.send(make_reversal(town.debit))
    parent.get("/disputes/S-2025-000001")
    assert "Исправление пришло в реестр" in parent.text and town.states() == ["corrected"]


def test_the_same_sum_debited_again_is_no_correction_and_another_sum_is(town: Town):
    town.file()
    back = make_reversal(town.debit)
    again = make_debit("2025-10-06", 1, after=back["id"])
    town.send(back, again)
    assert town.chores() == 0 and town.states() == ["open"]
    back = make_reversal(again)
    town.send(back, make_debit("2025-10-06", 2, after=back["id"], amount=15000))
    assert town.chores() == 1
    row = town.pages.read(lambda c: c.execute(select(disputes)).one())
    assert (row.state, row.amount_kopecks, row.amount_after_kopecks, row.status_after) == ("corrected", 19000, 15000, "attended")


def test_an_absence_is_closed_by_another_mark_and_not_by_an_older_word(town: Town):
    parent = town.file("/family/k-1/disputes/g-1/2025-10-13/1", "Мария была на занятии")
    assert "отметка: пропуск" in parent.text
    town.send(make_attendance("2025-10-13", "excused", n=0))
    assert town.chores() == 0, "what came late and is overruled changes nothing"
    town.send(make_attendance("2025-10-20", "excused"))
    assert town.chores() == 0, "another lesson"
    town.send(make_attendance("2025-10-13", "attended", n=2), make_debit("2025-10-13"))
    assert town.chores() == 1 and town.states() == ["corrected"]
    assert "За это занятие списано 190,00" in town.pages.delivered("parent@example.ru").replace("\u00a0", " ")


def test_a_disputed_debit_waits_for_the_money_and_not_for_the_mark(town: Town):
    town.file()
    town.send(make_attendance("2025-10-06", "absent", n=1))
    assert town.chores() == 0 and town.states() == ["open"]


def test_what_was_corrected_before_it_was_disputed_does_not_count(town: Town):
    town.send(make_attendance("2025-10-13", "excused", n=2))
    town.file("/family/k-1/disputes/g-1/2025-10-13/1", "Мария была на занятии")
    assert town.chores() == 0 and town.states() == ["open"]


def test_a_chore_that_fails_keeps_nobody_else_from_theirs(town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    town.file()
    town.send(make_reversal(town.debit))

    def broken(*_: object) -> int:
        raise RuntimeError("away")

    chores = town.pages.app.extensions["chores"]
    monkeypatch.setattr(chores, "_chores", (broken, store.follow))
    assert town.chores() == 1 and town.states() == ["corrected"] and "away" in caplog.text


def test_a_list_costs_the_same_however_long_it_is(town: Town, statements: list[str]):
    town.file()
    operator = town.pages.signed_in("operator@example.ru")
    operator.get("/operator/disputes?state=open")
    statements.clear()
    operator.get("/operator/disputes?state=open")
    few = len(statements)
    town.file("/family/k-1/disputes/g-1/2025-10-13/1", "Мария была на занятии")
    statements.clear()
    operator.get("/operator/disputes?state=open")
    assert len(statements) == few and town.pages.read(lambda c: c.scalar(select(func.count()).select_from(disputes))) == 2


@pytest.fixture
def statements(pages: Pages) -> Any:
    from sqlalchemy import event

    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(pages.engine, "before_cursor_execute", note)
    yield seen
    event.remove(pages.engine, "before_cursor_execute", note)
