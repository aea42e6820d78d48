"""Words and their forms: nouns to count with, months, statuses, answers and states, and what a rule is called in short."""

from __future__ import annotations

from gateway.core.facts import Text

NOUNS: dict[str, tuple[tuple[str, str, str], tuple[str, str]]] = {
    "child": (("ребёнок", "ребёнка", "детей"), ("child", "children")),
    "claim": (("занятие ребёнка", "занятия детей", "занятий детей"), ("claim", "claims")),
    "day": (("день", "дня", "дней"), ("day", "days")),
    "group": (("группа", "группы", "групп"), ("group", "groups")),
    "mark": (("отметка", "отметки", "отметок"), ("mark", "marks")),
    "person": (("запись", "записи", "записей"), ("person", "persons")),
    "refusal": (("отказ", "отказа", "отказов"), ("refusal", "refusals")),
    "sheet": (("лист", "листа", "листов"), ("sheet", "sheets")),
    "story": (("истории", "историй", "историй"), ("story", "stories")),
}
"""For 1, 2 and 5 in Russian (a story: after «из»); for 1 and 2 in English."""

MONTHS = (
    Text("январь", "January"), Text("февраль", "February"), Text("март", "March"), Text("апрель", "April"), Text("май", "May"),
    Text("июнь", "June"), Text("июль", "July"), Text("август", "August"), Text("сентябрь", "September"), Text("октябрь", "October"),
    Text("ноябрь", "November"), Text("декабрь", "December"),
)  # fmt: skip

WORDS: dict[str, dict[str, Text]] = {
    "job_outcome": {
        "done": Text("готово", "done"),
        "asks": Text("⚠ есть вопросы", "⚠ asks a person"),
        "later": Text("⚠ пока не вышло", "⚠ not yet"),
        "mend": Text("⚠ нужно исправить", "⚠ to be mended"),
        "failed": Text("⚠ сбой", "⚠ failed"),
    },
    "status": {
        "attended": Text("был", "attended"),
        "late": Text("опоздал", "late"),
        "absent": Text("не был", "absent"),
        "excused": Text("уважительная", "excused"),
        "none": Text("снята", "withdrawn"),
    },
    "answer": {
        "charged": Text("к списанию", "charged"),
        "not_charged": Text("не списывается", "not charged"),
        "refused": Text("отказано", "refused"),
        "waiting": Text("ждёт", "waiting"),
    },
    "not_charged": {
        "outside": Text("вне системы", "outside"),
        "cancelled": Text("занятие отменено", "lesson cancelled"),
        "absent": Text("отсутствовал", "absent"),
        "excused": Text("уважительная причина", "excused"),
        "free": Text("бесплатно", "free of charge"),
    },
    "os_error": {
        "ENOENT": Text("такого файла или папки нет", "no such file or folder"),
        "EACCES": Text("нет прав", "permission denied"),
        "EPERM": Text("нет прав", "permission denied"),
        "EROFS": Text("сюда нельзя записывать", "nothing can be written here"),
        "ENOSPC": Text("на диске нет места", "the disk is full"),
        "EISDIR": Text("это папка, а нужен файл", "a folder, where a file is needed"),
        "ENOTDIR": Text("это файл, а нужна папка", "a file, where a folder is needed"),
        "EEXIST": Text("это файл, а нужна папка", "a file, where a folder is needed"),
    },
    "certificate_kind": {"accounting": Text("учёт", "accounting"), "financing": Text("финансирование", "financing")},
    "certificate_state": {
        "requested": Text("запрошен", "requested"),
        "active": Text("действует", "active"),
        "frozen": Text("заморожен", "frozen"),
        "closed": Text("закрыт", "closed"),
    },
    "adapter_can": {
        "files": Text("файлы", "files"),
        "system": Text("система по сети", "a system over the network"),
        "pushed": Text("система шлёт сама", "a system that pushes"),
    },
    "record": {
        "group": Text("группа", "group"),
        "member": Text("ребёнок", "child"),
        "lesson": Text("занятие", "lesson"),
        "mark": Text("отметка", "mark"),
        "window": Text("прочитано всё", "all is told"),
        "finding": Text("замечание", "finding"),
    },
    "lesson_state": {
        "planned": Text("запланировано", "planned"),
        "held": Text("проведено", "held"),
        "cancelled": Text("отменено", "cancelled"),
    },
    "operation": {
        "attendance": Text("посещение", "attendance"),
        "debit": Text("списание", "debit"),
        "reversal": Text("возврат", "reversal"),
    },
    "operation_state": {
        "to_send": Text("ждёт отправки", "to be sent"),
        "sending": Text("отправляется", "being sent"),
        "unanswered": Text("без ответа", "unanswered"),
        "accepted": Text("принято", "accepted"),
        "rejected": Text("отклонено", "rejected"),
        "behind": Text("отстало от реестра", "behind the register"),
        "cancelled": Text("отменено до отправки", "cancelled before it was sent"),
        "held": Text("придержано человеком", "held by a person"),
        "released": Text("удержание снято", "released"),
    },
    "difference": {
        "missing_there": Text("нет в реестре", "missing there"),
        "missing_here": Text("нет у нас", "missing here"),
        "other_sum": Text("другая сумма", "another sum"),
        "other_state": Text("другое состояние", "another state"),
        "rejected": Text("отклонено", "rejected"),
        "unanswered": Text("без ответа", "unanswered"),
        "other_balance": Text("другой остаток", "another balance"),
        "late_answer": Text("поздний ответ", "a late answer"),
        "moved_elsewhere": Text("движение помимо нас", "moved elsewhere"),
        "closed_changed": Text("закрытая ведомость изменилась", "a closed statement changed"),
    },
}

RULES_IN_SHORT: dict[str, Text] = {
    "N01": Text("не найден ребёнок", "unknown child"),
    "N02": Text("тёзки", "namesakes"),
    "N03": Text("не найдена группа", "unknown group"),
    "N04": Text("нет занятия в этот день", "no lesson on that day"),
    "A14": Text("источники расходятся", "sources differ"),
}
