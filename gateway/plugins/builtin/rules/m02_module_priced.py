"""M02: the module is open, and says what a lesson costs."""

from __future__ import annotations

from gateway.plugins import Eligibility, EnrollmentView, Refusal, RegisterGroup, Text

_UNITS = frozenset({"lesson", "academic_hour"})


class ModuleOpenAndPriced:
    """M02. A price of 0 is a price (free: nothing to debit); an empty one is not.

    A price above 0 without a normative is not priced either: the certificate's share is bounded by the normative, and without it no bound
    is known. A price without its unit (a lesson or an academic hour) says nothing.
    """

    id = "M02"
    title = Text("Модуль открыт, цена указана", "The module is open and priced")
    act = "assumed"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        group = enrollment.group
        missing = _missing(group)
        if missing is None:
            return None
        reason = Text(f"модуль «{group.module_title}»: {missing.ru}", f"the module “{group.module_title}”: {missing.en}")
        cure = Text(
            "откройте модуль и внесите цену, норматив и единицу в Навигаторе; потом спишется само",
            "open the module and enter price, normative price and unit in the Navigator; then it is debited by itself",
        )
        return Eligibility((), Refusal(self.id, reason, cure))


def _missing(group: RegisterGroup) -> Text | None:
    if not group.module_is_open:
        return Text("закрыт", "it is not open")
    if group.unit_price is None:
        return Text("цена занятия не указана", "its price is not stated")
    if group.unit_price == 0:
        return None
    if group.unit_normative is None:
        return Text("нормативная цена не указана", "its normative price is not stated")
    if group.unit not in _UNITS:
        return Text("не указано, за что цена: за занятие или за час", "it is not stated whether the price is for a lesson or an hour")
    return None
