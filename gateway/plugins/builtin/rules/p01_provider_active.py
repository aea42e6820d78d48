"""P01: the provider is active in the register."""

from __future__ import annotations

from gateway.plugins import Eligibility, EnrollmentView, Refusal, Text


class ProviderActive:
    """P01. The register gives the provider's state without dates, so it holds for every day; a provider it does not know is not active."""

    id = "P01"
    title = Text("Исполнитель действует", "The provider is active")
    act = "assumed"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        provider = enrollment.provider
        if provider is not None and provider.state == "active":
            return None
        if provider is None:
            reason = Text("исполнителя нет в реестре", "the provider is not in the register")
        else:
            reason = Text(
                f"исполнитель «{provider.name}» не действует в реестре (состояние: {provider.state or 'не указано'})",
                f"the provider “{provider.name}” is not active in the register (state: {provider.state or 'not stated'})",
            )
        cure = Text(
            "муниципалитет включает исполнителя в реестр; потом спишется само",
            "the municipality lists the provider; then it is debited by itself",
        )
        return Eligibility((), Refusal(self.id, reason, cure))
