"""A tariff: one price for every visit, whatever the module says."""

from dataclasses import dataclass

from gateway.plugins import Charge, Text, money_text


@dataclass(frozen=True)
class Parameters:
    visit_kopecks: int = 100_00


class ByTheVisit:
    id = "by_the_visit"
    title = Text("За посещение", "By the visit")
    act = "the village's decision, 2025"
    basis = "by_the_visit"
    parameters = Parameters

    def price(self, group, minutes, parameters):
        amount = parameters.visit_kopecks
        said = money_text(amount)
        return Charge(amount, 0, (Text(f"за посещение: {said.ru}", f"by the visit: {said.en}"),))
