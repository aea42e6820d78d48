"""Pages that no other walk stops at: forms to change what is there, opened by their address, as by a bookmark."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Town, Walk, sign_in

PAGES = {
    "parent": [("/account/letters", "Письма")],
    "club": [
        ("/club/programmes/p-glina/edit", "Название"),
        ("/club/programmes/p-glina/modules/m-glina", "Название"),
        ("/club/groups/GLINA/edit", "Название"),
        ("/club/groups/GLINA/lessons/add", "Добавить занятие"),
    ],
    "operator": [("/operator/limits/sineles", "Лимит")],
}


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
@pytest.mark.parametrize("role", list(PAGES))
def test_a_page_is_opened_by_its_address(walking: Callable[..., Walk], town: Town, role: str, size: str, has_scripts: bool) -> None:
    email = f"{role}@example.ru"
    if role == "parent":
        email = f"letters-{size}-{has_scripts}@example.ru".lower()
        town.person(email, "parent")
    walk = walking(role, size, has_scripts=has_scripts)
    sign_in(walk, email)
    for number, (path, text) in enumerate(PAGES[role], start=1):
        walk.open(path)
        walk.sees(text)
        walk.look(f"by-address-{number}")
