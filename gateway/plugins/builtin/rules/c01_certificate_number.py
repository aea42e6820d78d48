"""C01: the child has a certificate, and its number is written as the region writes numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.plugins import BadParameter, Eligibility, EnrollmentView, Refusal, Text


@dataclass(frozen=True, slots=True)
class NumberParameters:
    """``pattern``: a regular expression that the whole number must match."""

    pattern: str = "[0-9]{10}"

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise BadParameter("pattern", Text(f"не регулярное выражение: {error}", f"not a regular expression: {error}")) from error


class CertificateNumber:
    """C01. The number in force decides; the numbers of earlier issues do not. No certificate: no day."""

    id = "C01"
    title = Text("Номер сертификата записан верно", "The certificate's number is well formed")
    act = "assumed"
    parameters: type | None = NumberParameters
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: NumberParameters) -> Eligibility | None:
        certificate = enrollment.certificate
        if certificate is None or not certificate.numbers:
            reason = Text("у ребёнка нет сертификата", "the child has no certificate")
            cure = Text("родитель получает сертификат в Навигаторе", "the parent applies for a certificate in the Navigator")
            return Eligibility((), Refusal(self.id, reason, cure))
        if re.fullmatch(parameters.pattern, certificate.number):
            return None
        tail = certificate.number[-4:]
        reason = Text(
            f"номер сертификата …{tail} записан не так, как принято в регионе",
            f"the certificate's number …{tail} is not written as the region writes them",
        )
        cure = Text(
            "сверьте номер в Навигаторе; неверный исправляет муниципалитет", "check it in the Navigator; the municipality mends a wrong one"
        )
        return Eligibility((), Refusal(self.id, reason, cure))
