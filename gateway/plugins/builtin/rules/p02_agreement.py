"""P02: the child's payer has an agreement with the provider for the day."""

from __future__ import annotations

from gateway.plugins import Eligibility, EnrollmentView, Period, Refusal, Text, joined, period_text


class ProviderPayerAgreement:
    """P02. The enrollment's payer decides, not where the child lives now. An unknown provider: P01 speaks."""

    id = "P02"
    title = Text("Соглашение исполнителя с муниципалитетом на этот день", "An agreement of the provider with the payer for that day")
    act = "municipal acts of Yakutia"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        if enrollment.provider is None:
            return None
        days = tuple(days for payer, days in enrollment.provider.agreements if payer == enrollment.payer and days.first <= days.last)
        return Eligibility(days, lambda: self._refusal(days))

    def _refusal(self, days: tuple[Period, ...]) -> Refusal:
        if days:
            told = joined([period_text(each) for each in days])
            reason = Text(
                f"соглашение с плательщиком действует только {told.ru}", f"the agreement with the payer is in force only {told.en}"
            )
        else:
            reason = Text("у исполнителя нет соглашения с плательщиком ребёнка", "the provider has no agreement with the child's payer")
        cure = Text(
            "заключите соглашение с муниципалитетом на этот день, и пусть оно появится в Навигаторе: тогда спишется само",
            "make an agreement with the municipality for that day and have it entered in the Navigator: then it is debited by itself",
        )
        return Refusal(self.id, reason, cure)
