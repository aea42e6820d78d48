"""The language is changed in the middle of something: nothing typed and nothing asked for is lost."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from navigator.tables import children

from .conftest import Pages

TYPED = {"last_name": "Соколова", "first_name": "Вера", "birth_date": "31.02.2015", "payer": "pskov"}


def test_a_form_is_shown_again_in_the_other_language_and_not_taken(pages: Pages):
    pages.person("parent@example.ru", "parent", "k-1")
    visitor = pages.signed_in("parent@example.ru")
    visitor.get("/family/new?lang=ru")
    before = pages.read(lambda c: c.scalar(select(func.count()).select_from(children)))
    (button,) = re.findall(r'<button class="link language" form="(\w+)" name="lang" value="en"', visitor.html)
    assert f'<form id="{button}"' in visitor.html, "the button outside the form hands it in"
    sent = {**visitor.form_with("birth_date").values, **TYPED, "birth_date": "2015-03-14", "lang": "en"}
    visitor.answer = visitor.client.post(visitor.path, data=sent, headers=visitor.headers)
    assert "Add a child" in visitor.text and 'value="Соколова"' in visitor.html and 'value="2015-03-14"' in visitor.html
    assert "Fill in this field" not in visitor.text, "nothing is judged that was not handed in"
    assert pages.read(lambda c: c.scalar(select(func.count()).select_from(children))) == before
    visitor.submit(TYPED)
    assert "25.12.2014" in visitor.text and "Add a child" in visitor.text, "the address still asks for the language of before"


def test_what_an_address_asks_for_stays_when_the_language_is_changed(pages: Pages):
    visitor = pages.visitor()
    visitor.get("/catalogue?q=лепка&free=y&lang=ru")
    link = re.search(r'class="language" href="([^"]+)"', visitor.html)
    assert link is not None
    visitor.get(link[1].replace("&amp;", "&"))
    assert 'lang="en"' in visitor.html and 'value="лепка"' in visitor.html and "checked" in visitor.html
    assert "lang=ru" in visitor.html and "lang=en" not in visitor.html
