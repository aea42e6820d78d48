"""What `gateway adapters record` and `gateway new` say."""

from __future__ import annotations

from gateway.core.facts import Text

AUTHORING_TEXTS: dict[str, Text] = {
    "help.adapters.record": Text(
        "Записать обмен с источником, скрыв имена, номера и ключи: на записи можно проверять адаптер",
        "Keep a source's traffic with names, numbers and keys masked: an adapter can be tried on it",
    ),
    "option.folder": Text("Куда записать: новая папка.", "Where to write it: a new folder."),
    "option.kept": Text("Поле, значения которого не скрывать (можно повторять).", "A field whose values are not masked (repeatable)."),
    "record.written": Text("{folder}: разных запросов {requests}.", "{folder}: {requests} different requests."),
    "record.live": Text(
        "система рассказала: групп {groups}, детей {members} (с номером {certificates}), занятий {lessons}, отметок {marks}",
        "the system told: groups {groups}, children {members} ({certificates} with a number), lessons {lessons}, marks {marks}",
    ),
    "record.replayed": Text(
        "запись рассказывает: групп {groups}, детей {members} (с номером {certificates}), занятий {lessons}, отметок {marks}",
        "the recording tells: groups {groups}, children {members} ({certificates} with a number), lessons {lessons}, marks {marks}",
    ),
    "record.unrecorded": Text("нет ответа на {asked}", "no answer to {asked}"),
    "record.good": Text(
        "Запись воспроизводится. Прежде чем отдать её, просмотрите traffic.jsonl: свободный текст латиницей виден как есть.",
        "The recording replays. Before you give it away, look through traffic.jsonl: free text in Latin letters is seen as it is.",
    ),
    "record.not_good": Text(
        "Запись говорит не то же, что система: адаптеру нужно слово, которое скрыто. Оставьте его поле: --keep ПОЛЕ, в новую папку.",
        "The recording does not say what the system said: the adapter needs a word that was masked. Keep its field: --keep FIELD, "
        "into a new folder.",
    ),
}
