"""What `gateway serve`, `gateway doctor` and the schedule's lines of `gateway status` say."""

from __future__ import annotations

from gateway.core.facts import Text

OPERATOR_TEXTS: dict[str, Text] = {
    "help.serve": Text("Страницы и расписание (только на этой машине)", "Serve the pages and the schedule (on this machine only)"),
    "option.pages_only": Text("Без расписания: только страницы и приём.", "Without the schedule: pages and what is pushed only."),
    "serve.ready": Text("Страницы: {url} (остановить: Ctrl-C)", "The pages are at {url} (Ctrl-C stops)"),
    "serve.taken": Text("Порт {port} занят: {error}", "The port {port} is taken: {error}"),
    "serve.taken.cure": Text("Укажите другой: --port N, или 0.", "Give another: --port N, or 0."),
    # ---- the schedule in `gateway status`
    "status.schedule": Text("Расписание", "Schedule"),
    "status.schedule_idle": Text("не идёт → gateway serve", "does not run → gateway serve"),
    "status.job": Text("{job}: {pace} · {last} · {next}", "{job}: {pace} · {last} · {next}"),
    "status.job_every": Text("каждые {minutes} мин", "every {minutes} min"),
    "status.job_at": Text("в {at}", "at {at}"),
    "status.job_off": Text("выключено", "off"),
    "status.job_last": Text("{outcome} {at}, {said}", "{outcome} {at}, {said}"),
    "status.job_never": Text("ещё ни разу", "not once yet"),
    "status.job_next": Text("следующий {at}", "next {at}"),
    "status.job_no_next": Text("следующего нет", "no next one"),
    "status.job_now": Text("сейчас: {by}", "now: {by}"),
    # ---- doctor
    "help.doctor": Text(
        "Что не в порядке и как исправить. Настройки, связь, права, часы, место, база, ключ. Ничего не меняет.",
        "What is wrong, and how to mend it. Settings, connections, rights, clock, disk, database, key. Changes nothing.",
    ),
    "doctor.settings": Text("Настройки", "Settings"),
    "doctor.register": Text("Реестр", "Register"),
    "doctor.sources": Text("Источники", "Sources"),
    "doctor.rights": Text("Права", "Rights"),
    "doctor.clock": Text("Часы", "Clock"),
    "doctor.disk": Text("Место", "Disk"),
    "doctor.database": Text("База", "Database"),
    "doctor.keys": Text("Ключ", "Key"),
    "doctor.well": Text("Всё в порядке.", "All is well."),
    "doctor.end": Text("Исправить: {bad}. Посмотреть: {questions}.", "To be mended: {bad}. To be looked at: {questions}."),
}
