"""What `gateway match` says."""

from __future__ import annotations

from gateway.core.facts import Text

MATCH_TEXTS: dict[str, Text] = {
    "help.match": Text(
        "Кого программа не узнала, и ответы. На терминале спрашивает о каждом по очереди; в файл и в трубу пишет список с кандидатами. "
        "Ответ запоминается; --undo отменяет его вместе со списаниями. --outside с группой, файлом, строками или --all отвечает о многих "
        "сразу: сначала показывает, о ком, с --yes отвечает. Группу называет --group-words СЛОВА --group ИД.",
        "Who was not recognised, and the answers. On a terminal it asks of one after the other; into a file or a pipe it writes the list "
        "with its candidates. An answer is remembered; --undo takes it back with its debits. --outside with a group, a file, rows or "
        "--all answers of many at once: first it shows of whom, with --yes it answers. --group-words WORDS --group ID names a group.",
    ),
    "option.match.undo": Text(
        "Отменить ответ: о названных или (--answer) весь.", "Take an answer back: of those named, or (--answer) all of it."
    ),
    "option.match.answer": Text("Номер ответа из --answered.", "The answer's number, from --answered."),
    "option.answered": Text("Кто, когда и что ответил.", "Who answered what, and when."),
    "option.rows": Text("Строки табеля: 14, 14-19 или 14,17.", "The sheet's rows: 14, 14-19 or 14,17."),
    "option.file": Text("Только из этого файла.", "Only those of this file."),
    "option.match.source": Text("Только из этого источника.", "Only those of this source."),
    "option.everybody": Text("Все, кто ждёт ответа.", "Everybody who waits."),
    "option.match.yes": Text("Ответить, не только показать.", "Answer, and not only show."),
    "option.actor": Text("Кто отвечает; иначе пользователь системы.", "Who answers; else the system's user."),
    "match.nobody": Text("Не сказано, о ком ответ.", "Whom the answer is about is missing."),
    "match.outside_whom": Text(
        "О ком? Назовите их или выберите: --group, --file, --source, --row или --all.",
        "Of whom? Name them, or choose: --group, --file, --source, --row or --all.",
    ),
    "match.history_alone": Text("--answered только показывает.", "--answered only shows."),
    "match.answer_is_undone": Text(
        "Ответ по номеру отменяют: --undo --answer N.", "An answer is taken back by its number: --undo --answer N."
    ),
    "match.how": Text(
        "Ответить: gateway match 'КТО' --child ИД, или --outside, если ребёнка нет в системе; для тёзок добавьте --row N. "
        "О многих сразу: gateway match --outside --group ИД.",
        "To answer: gateway match 'WHO' --child ID, or --outside where the child is not in the system; for namesakes add --row N. "
        "Of many at once: gateway match --outside --group ID.",
    ),
    "match.undone": Text("Ответ отменён: {persons}.", "The answer was taken back: {persons}."),
    "match.undo_how": Text("Отменить: gateway match --undo --answer {answer}", "To take it back: gateway match --undo --answer {answer}"),
    "match.many": Text("Вне системы были бы: {persons}", "Outside the system would be: {persons}"),
    "match.many_alike": Text("⚠ в реестре есть {name}: {reasons}", "⚠ the register has {name}: {reasons}"),
    "match.many_how": Text(
        "Ничего не записано. Ответить так: та же команда с --yes.", "Nothing was stored. To answer so: the same command with --yes."
    ),
    "match.many_ask": Text("Записать, что в системе нет: {persons}?", "Keep as outside the system: {persons}?"),
    "match.many_declined": Text("Ничего не записано.", "Nothing was stored."),
    "match.none_chosen": Text("Таких, кто ждёт ответа, нет.", "None of these waits for an answer."),
    "match.none_answered": Text("Ответов ещё не было.", "Nothing was answered yet."),
    "match.said.child": Text("это {child}", "it is {child}"),
    "match.said.outside": Text("вне системы", "outside the system"),
    "match.said.nobody": Text("ответ отменён", "the answer was taken back"),
    "match.and_more": Text(" и ещё {number}", " and {number} more"),
    "match.was_undone": Text("отменён {at}, {by}", "taken back {at}, {by}"),
    "walk.ask": Text(
        "1–{last}: этот ребёнок, o: вне системы, s: пропустить, u: отменить прошлый ответ, q: закончить →",
        "1–{last}: this child, o: outside, s: skip, u: take the last answer back, q: quit →",
    ),
    "walk.ask_none": Text(
        "o: вне системы, s: пропустить, u: отменить прошлый ответ, q: закончить →",
        "o: outside, s: skip, u: take the last answer back, q: quit →",
    ),
    "walk.no_such_key": Text("«{typed}»: такого ответа нет.", "“{typed}” is no answer here."),
    "walk.nothing_given": Text("Отменять нечего.", "There is nothing to take back."),
    "walk.taken_back": Text("Ответ № {answer} отменён.", "Answer no. {answer} was taken back."),
    "match.in_system": Text("в системе «{source}» № {id}", "no. {id} of the system “{source}”"),
    "match.none": Text("Все узнаны: очередь пуста.", "Everybody is known: nothing waits."),
    "match.no_candidates": Text(
        "похожих в группе нет: --outside, или оформите зачисление", "nobody in the group is like it: --outside, or enroll the child"
    ),
    "match.group": Text("Группа «{words}» ({provider}) не найдена в реестре", "The register has no group “{words}” ({provider})"),
    "match.group_how": Text("gateway match --group-words {words} --group ИД", "gateway match --group-words {words} --group ID"),
    "match.group_done": Text("Запомнено: «{words}» значит {group}.", "Kept: “{words}” means {group}."),
    "match.done": Text("Ответ запомнен: {persons}.", "The answer is kept: {persons}."),
    "match.outside": Text("Запомнено, что в системе нет: {persons}.", "Kept as outside the system: {persons}."),
    "match.words_need_group": Text(
        "--group-words называет группу: нужен --group, и больше ничего.", "--group-words names a group: it needs --group and nothing else."
    ),
    "match.one_answer": Text("Нужен один ответ: --child, --outside или --undo.", "One answer is needed: --child, --outside or --undo."),
    "match.one_child": Text("Ребёнка (--child) называют для одной записи.", "A child (--child) is named for one person only."),
    "option.child": Text("Ребёнок из реестра.", "The register's child."),
    "option.outside": Text("Ребёнка нет в системе: не списывать.", "The child is not in the system: not charged."),
    "option.group_words": Text("Как группа названа в табеле.", "The group's words in the sheet."),
}
