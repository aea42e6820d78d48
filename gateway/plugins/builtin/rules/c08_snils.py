"""C08: the check sum of the child's СНИЛС, where one is given."""

from __future__ import annotations

from gateway.plugins import Eligibility, EnrollmentView, Refusal, Text


class SnilsCheckSum:
    """C08. The connector computes the check sum and drops the number; none given is no fault. No certificate: C01 speaks."""

    id = "C08"
    title = Text("Контрольное число СНИЛС", "The check sum of the СНИЛС")
    act = "assumed"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        if enrollment.certificate is None or enrollment.certificate.snils_is_valid is not False:
            return None
        reason = Text(
            "СНИЛС ребёнка записан с ошибкой: контрольное число не сходится", "the child's СНИЛС is wrong: its check sum does not agree"
        )
        cure = Text(
            "сверьте СНИЛС с документом и исправьте его в Навигаторе", "compare the СНИЛС with the document and mend it in the Navigator"
        )
        return Eligibility((), Refusal(self.id, reason, cure))
