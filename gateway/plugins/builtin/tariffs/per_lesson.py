"""The charge basis per_lesson: what the child attended is debited, lesson by lesson."""

from __future__ import annotations

from gateway.plugins import ACADEMIC_HOUR_MINUTES, Charge, RegisterGroup, Text, half_up, money_text


class PerLesson:
    """a = half_up(U·q), the certificate pays c = min(a, half_up(UN·q)), the parent a − c.

    U and UN are the module's unit price and unit normative in kopecks. The unit is a lesson (q = 1), or an academic hour (q = minutes / 45,
    never rounded by itself).
    """

    id = "per_lesson"
    title = Text("За посещённое занятие", "Per attended lesson")
    act = "announcement, Boksitogorsk district, 2020"
    basis = "per_lesson"
    parameters: type | None = None

    def price(self, group: RegisterGroup, minutes: int, parameters: None) -> Charge | None:
        """Price one lesson of ``minutes``, in kopecks; None where the module is not priced (then M02 speaks)."""
        price, normative = group.unit_price, group.unit_normative
        if price == 0:
            return Charge(0, 0, (Text("бесплатно", "free of charge"),))
        if price is None or normative is None or price < 0 or normative < 0:
            return None
        if group.unit == "lesson":
            whole, bound = price, normative
        elif group.unit == "academic_hour" and minutes > 0:
            whole, bound = half_up(price * minutes, ACADEMIC_HOUR_MINUTES), half_up(normative * minutes, ACADEMIC_HOUR_MINUTES)
        else:
            return None
        certificate = min(whole, bound)
        return Charge(certificate, whole - certificate, _lines(group, minutes, whole, bound))


def _lines(group: RegisterGroup, minutes: int, whole: int, bound: int) -> tuple[Text, ...]:
    """«за час: 90,00 ₽ × 2 = 180,00 ₽», the normative in the same way, and who pays what."""
    assert group.unit_price is not None and group.unit_normative is not None
    certificate = min(whole, bound)
    pays, rest = money_text(certificate), money_text(whole - certificate)
    lines = [
        _product(Text("за занятие", "per lesson"), Text("за час", "per hour"), group, minutes, group.unit_price, whole),
        _product(Text("норматив за занятие", "normative per lesson"), Text("норматив за час", "normative per hour"), group, minutes,
                 group.unit_normative, bound),
        Text(f"сертификат платит {pays.ru}", f"the certificate pays {pays.en}"),
    ]  # fmt: skip
    if whole > certificate:
        lines.append(Text(f"родитель платит {rest.ru}", f"the parent pays {rest.en}"))
    return tuple(lines)


def _product(per_lesson: Text, per_hour: Text, group: RegisterGroup, minutes: int, unit_kopecks: int, kopecks: int) -> Text:
    unit, product = money_text(unit_kopecks), money_text(kopecks)
    if group.unit == "lesson":
        return Text(f"{per_lesson.ru}: {product.ru}", f"{per_lesson.en}: {product.en}")
    hours = str(minutes // ACADEMIC_HOUR_MINUTES) if minutes % ACADEMIC_HOUR_MINUTES == 0 else f"{minutes}/{ACADEMIC_HOUR_MINUTES}"
    return Text(f"{per_hour.ru}: {unit.ru} × {hours} = {product.ru}", f"{per_hour.en}: {unit.en} × {hours} = {product.en}")
