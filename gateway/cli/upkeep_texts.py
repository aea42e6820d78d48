"""What `gateway outbox`, `recover`, `backup`, `restore` and `verify` say."""

from __future__ import annotations

from gateway.core.facts import Text

UPKEEP_TEXTS: dict[str, Text] = {
    "help.outbox": Text(
        "Что ждёт реестра и почему. Слово человека об одной операции: retry, hold, release, reverse, keep.",
        "What waits for the register, and why. A person's word on one operation: retry, hold, release, reverse, keep.",
    ),
    "help.outbox.retry": Text(
        "Попробовать операцию ещё раз сейчас. Отклонённая решается заново, под тем же номером.",
        "Try an operation again now. One that was rejected is decided anew, under the same id.",
    ),
    "help.outbox.hold": Text(
        "Придержать операцию, пока человек не скажет retry. Остальные операции того же сертификата идут дальше.",
        "Hold an operation back until a person says retry. Others of its certificate go on.",
    ),
    "help.outbox.release": Text(
        "Снять удержание, не дожидаясь ответа. Если реестр списал, это станет расхождением, и решит человек: reverse или keep.",
        "Give the hold back without waiting for the answer. If the register debited after all, it becomes a difference: reverse or keep.",
    ),
    "help.outbox.reverse": Text("Вернуть принятое списание", "Take an accepted debit back"),
    "help.outbox.keep": Text("Оставить списание, принятое после снятия удержания", "Let a debit stand that came after its release"),
    "help.recover": Text(
        "Принять из реестра всё, что он знает. Ничего не отправляет. После восстановления из копии или на пустой базе.",
        "Adopt all that the register knows. Sends nothing. After a restore, or on an empty database.",
    ),
    "help.backup": Text(
        "Сделать резервную копию. База, ключ и принятые файлы в одном файле. Можно во время работы.",
        "Make a backup. Database, key and the files taken in, in one file. Others may write meanwhile.",
    ),
    "help.restore": Text(
        "Восстановить из резервной копии. Непустую базу заменяет только с --force; затем gateway recover.",
        "Restore from a backup. A database that is not empty is replaced with --force only; then gateway recover.",
    ),
    "help.verify": Text(
        "Проверить, что счета сходятся и печати целы. Где нет, отправка для этого плательщика останавливается.",
        "Check that all accounts add up and all seals hold. Where not, nothing is sent for that payer any more.",
    ),
    "option.force": Text("заменить базу, в которой что-то есть", "replace a database that holds something"),
    "option.verify.payer": Text("снова отправлять для этого плательщика; нужно --because", "send for this payer again; needs --because"),
    "option.because": Text("почему найденное можно пропустить", "why what was found may pass"),
    "outbox.empty": Text("Ничего не ждёт.", "Nothing waits."),
    "outbox.open": Text(
        "Реестр не отвечает (пачек подряд: {number}), следующая проба {at}.",
        "The register does not answer (batches in a row: {number}); next probe {at}.",
    ),
    "outbox.recover": Text("Реестр знает больше: gateway recover.", "The register knows more than we do: gateway recover."),
    "outbox.stopped": Text("Отправка для плательщика {payer} остановлена: {why}", "Nothing is sent for the payer {payer}: {why}"),
    "outbox.next": Text("снова {at}", "again {at}"),
    "outbox.tries": Text("попыток {number}", "tries {number}"),
    "outbox.done.retry": Text("{id}: отправляется снова.", "{id}: sent again."),
    "outbox.done.hold": Text("{id}: придержана.", "{id}: held back."),
    "outbox.done.release": Text("{id}: удержание снято.", "{id}: its hold is released."),
    "outbox.done.reverse": Text("{id}: возврат отправлен.", "{id}: its reversal is sent."),
    "outbox.done.keep": Text("{id}: списание оставлено.", "{id}: the debit stands."),
    "recover.done": Text(
        "Принято из реестра: денежных операций {money}, отметок {attendance}. Теперь подайте табели ещё раз.",
        "Adopted from the register: {money} of money, {attendance} of attendance. Now send the sheets again.",
    ),
    "backup.done": Text(
        "Копия сделана: {file} ({megabytes} МБ до сжатия).", "The backup is made: {file} ({megabytes} MB before compression)."
    ),
    "restore.done": Text(
        "База восстановлена, какой была {at}. Теперь: gateway recover, затем подайте табели ещё раз.",
        "The database is as it was {at}. Now: gateway recover, then send the sheets again.",
    ),
    "verify.because": Text("--lift и --because нужны вместе.", "--lift and --because go together."),
    "verify.lifted": Text("Отправка для плательщика {payer} снова идёт.", "Operations are sent for the payer {payer} again."),
    "verify.head": Text("печать {payer}: {head}", "seal of {payer}: {head}"),
}
