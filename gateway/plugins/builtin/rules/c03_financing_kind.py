"""C03: only a certificate of financing bears money."""

from __future__ import annotations

from gateway.plugins import Eligibility, EnrollmentView, Refusal, Text
from gateway.plugins.builtin.rules.days_in_force import days_in_force


class FinancingKind:
    """C03. Looks at the kind on the lesson's day. No certificate: C01 speaks."""

    id = "C03"
    title = Text("Сертификат с финансированием", "The certificate is one of financing")
    act = "assumed"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        if enrollment.certificate is None:
            return None
        return Eligibility(days_in_force(enrollment.certificate.kinds, "financing"), self._refusal)

    def _refusal(self) -> Refusal:
        reason = Text(
            "в этот день сертификат был сертификатом учёта, денег на нём нет",
            "on that day the certificate was one of accounting and bore no money",
        )
        cure = Text(
            "попросите муниципалитет перевести сертификат на персонифицированное финансирование; посещение учтено и без денег",
            "ask the municipality to switch the certificate to financing; the attendance is counted without money, too",
        )
        return Refusal(self.id, reason, cure)
