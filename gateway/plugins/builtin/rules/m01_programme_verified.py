"""M01: the programme is in the register and verified."""

from __future__ import annotations

from gateway.plugins import Eligibility, EnrollmentView, Refusal, Text


class ProgrammeVerified:
    """M01. The register gives the answer without dates, so it holds for every day."""

    id = "M01"
    title = Text("Программа проверена", "The programme is verified")
    act = "municipal acts of Yakutia"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        if enrollment.group.programme_is_verified:
            return None
        title = enrollment.group.programme_title
        reason = Text(f"программа «{title}» не прошла проверку", f"the programme “{title}” is not verified")
        cure = Text(
            "отправьте программу на проверку оператору; потом спишется само",
            "have the operator verify the programme; then it is debited by itself",
        )
        return Eligibility((), Refusal(self.id, reason, cure))
