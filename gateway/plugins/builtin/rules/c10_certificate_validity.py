"""C10: the day lies within the certificate's validity."""

from __future__ import annotations

from gateway.plugins import Eligibility, EnrollmentView, Period, Refusal, Text, period_text


class CertificateValidity:
    """C10. Both ends are included. No certificate: C01 speaks."""

    id = "C10"
    title = Text("День в сроке действия сертификата", "The day lies within the certificate's validity")
    act = "assumed"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        if enrollment.certificate is None:
            return None
        valid = enrollment.certificate.valid
        return Eligibility((valid,) if valid.first <= valid.last else (), lambda: self._refusal(valid))

    def _refusal(self, valid: Period) -> Refusal:
        days = period_text(valid)
        reason = Text(
            f"день вне срока действия сертификата ({days.ru})",
            f"the day is outside the certificate's validity ({days.en})",
        )
        cure = Text("продлите сертификат в Навигаторе или снимите отметку", "extend the certificate in the Navigator or take the mark back")
        return Refusal(self.id, reason, cure)
