"""What the command line says of months, their closing and their reconciliation (a part of `texts.py`)."""

from __future__ import annotations

from gateway.core.facts import Text

MONTH_TEXTS: dict[str, Text] = {
    "help.close": Text(
        "Закрыть месяц у нас и в реестре. Сначала показывает, что и у кого пропадёт, и спрашивает. Ждёт ответа реестра на всё "
        "отправленное; --over закрывает поверх названных операций.",
        "Close a month, here and at the register. First it shows what would be lost and for whom, and asks. It waits for the register's "
        "answer to all that was sent; --over closes over the operations named.",
    ),
    "help.months": Text(
        "Какие месяцы открыты и какие закрыты. И что из пришедшего за закрытый год ждёт решения плательщика.",
        "Which months are open and which are closed. And what came for a closed year and waits for its payer.",
    ),
    "help.months.decide": Text(
        "Решение плательщика. Пришедшее за закрытый год учесть в следующем открытом месяце или нет.",
        "The payer's decision. What came late for a closed year is booked in the next open month, or not.",
    ),
    "help.reconcile": Text(
        "Сверить месяц с выпиской реестра. Отметки, наш учёт и реестр; безопасное исправляется само, остальное показано человеку; --act "
        "пишет акт сверки.",
        "Compare a month with the register's statement. Marks, our ledger and the register; what is safe is mended, the rest is listed for "
        "a person; --act writes the act.",
    ),
    "option.look": Text("Только сравнить: ничего не исправлять и не сохранять.", "Only compare: mend nothing, store nothing."),
    "option.act": Text("Записать акт сверки: .html или .xlsx.", "Write the reconciliation act: .html or .xlsx."),
    "option.payer": Text("Плательщик; без него все.", "The payer; all without it."),
    "option.over": Text("Закрыть поверх этой операции без ответа (повторяется).", "Close over this unanswered operation (repeatable)."),
    "option.yes": Text("Не спрашивать.", "Do not ask."),
    "option.decide.accept": Text("Учесть или нет.", "Book it, or not."),
    "close.title": Text("Закрытие: {month}", "Closing: {month}"),
    "close.payer": Text("Плательщик {payer}, месяц {state}", "Payer {payer}, the month is {state}"),
    "close.nothing": Text("Ничего не пропадёт.", "Nothing would be lost."),
    "close.lost": Text("Останется без ответа: {marks}, {amount}", "Would be left without an answer: {marks}, {amount}"),
    "close.operations": Text("операции: {ids}", "operations: {ids}"),
    "close.certificates": Text("сертификаты: {numbers}", "certificates: {numbers}"),
    "close.waits": Text(
        "Реестр не ответил на операции: {number}. Закрыть можно только поверх них: {options}",
        "The register has not answered {number} operations. The month can only be closed over them: {options}",
    ),
    "close.ask": Text("Закрыть месяц?", "Close the month?"),
    "close.not_asked": Text("Закрытие надо подтвердить: --yes.", "The closing must be confirmed: --yes."),
    "close.not_asked.cure": Text("Посмотрите, что пропадёт, и добавьте --yes.", "See what would be lost, and add --yes."),
    "close.declined": Text("Месяц не закрыт.", "The month is not closed."),
    "close.done": Text("Месяц {month} закрыт: {payers}.", "The month {month} is closed: {payers}."),
    "close.match": Text("не узнаны", "not recognised"),
    "close.conflict": Text("источники расходятся", "sources differ"),
    "close.refused": Text("отказано", "refused"),
    "close.late": Text("ждёт плательщика", "waits for the payer"),
    "close.not_sent": Text("не отправлено", "not sent"),
    "close.unanswered": Text("нет ответа реестра", "not answered by the register"),
    "close.withdrawal": Text("снятие не подтверждено", "a withdrawal is not confirmed"),
    "close.silent": Text("ничего не прислано", "nothing was sent in"),
    "months.none": Text("Ни один месяц ещё не начат.", "No month has been begun."),
    "months.open": Text("открыт", "open"),
    "months.closing": Text("закрывается", "closing"),
    "months.closed": Text("закрыт", "closed"),
    "months.line": Text("{month} · {payer}: {state}", "{month} · {payer}: {state}"),
    "months.since": Text("с {at}", "since {at}"),
    "months.over": Text("поверх операций: {number}", "over {number} operations"),
    "months.late": Text("Решения плательщика ждёт:", "Waits for the payer's decision:"),
    "months.late_one": Text(
        "{month} · {payer} · {provider}: {marks}, списать {debits}, вернуть {reversals}",
        "{month} · {payer} · {provider}: {marks}, to debit {debits}, to give back {reversals}",
    ),
    "months.how": Text(
        "gateway months decide {month} --payer {payer} --accept | --decline",
        "gateway months decide {month} --payer {payer} --accept | --decline",
    ),
    "months.no_answer": Text("Нужен ответ: --accept или --decline.", "An answer is needed: --accept or --decline."),
    "months.accepted": Text("Разрешено: {marks}.", "Allowed: {marks}."),
    "months.declined": Text("Не разрешено: {marks}.", "Not allowed: {marks}."),
    "reconcile.cured": Text("Устранено само: {number}", "Mended by itself: {number}"),
    "reconcile.age": Text("{days} подряд", "for {days}"),
    "reconcile.act": Text("Акт сверки: {file}", "The act: {file}"),
}
