"""The built-in rules, one module each. A rule is added by its module, its test and its line here."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.plugins import EnrollmentRule, MarkRule, hookimpl
from gateway.plugins.builtin.rules.a01_day_enrolled import DayEnrolled
from gateway.plugins.builtin.rules.a12_lesson_time import LessonTime
from gateway.plugins.builtin.rules.c01_certificate_number import CertificateNumber
from gateway.plugins.builtin.rules.c02_certificate_active import CertificateActive
from gateway.plugins.builtin.rules.c03_financing_kind import FinancingKind
from gateway.plugins.builtin.rules.c05_age_at_start import AgeAtStart
from gateway.plugins.builtin.rules.c08_snils import SnilsCheckSum
from gateway.plugins.builtin.rules.c10_certificate_validity import CertificateValidity
from gateway.plugins.builtin.rules.k01_enrollment_dates import EnrollmentDates
from gateway.plugins.builtin.rules.m01_programme_verified import ProgrammeVerified
from gateway.plugins.builtin.rules.m02_module_priced import ModuleOpenAndPriced
from gateway.plugins.builtin.rules.m03_group_scheduled import GroupScheduled
from gateway.plugins.builtin.rules.p01_provider_active import ProviderActive
from gateway.plugins.builtin.rules.p02_agreement import ProviderPayerAgreement

GATEWAY_INTERFACE = 1


@hookimpl
def gateway_rules() -> Sequence[EnrollmentRule | MarkRule]:
    """All of them, in the order of the first reason."""
    return (
        CertificateNumber(),
        CertificateActive(),
        FinancingKind(),
        AgeAtStart(),
        SnilsCheckSum(),
        CertificateValidity(),
        ProviderActive(),
        ProviderPayerAgreement(),
        ProgrammeVerified(),
        ModuleOpenAndPriced(),
        GroupScheduled(),
        EnrollmentDates(),
        DayEnrolled(),
        LessonTime(),
    )
