"""What a village needs that nobody else has: sheets of its own, a rule, a price by the visit, and a register that is a file."""

from gateway.plugins import hookimpl
from village.book import VisitorsBook
from village.register import VillageRegister
from village.rules import NoSundays
from village.tariff import ByTheVisit

GATEWAY_INTERFACE = 1


@hookimpl
def gateway_adapters():
    return [VisitorsBook()]


@hookimpl
def gateway_rules():
    return [NoSundays()]


@hookimpl
def gateway_tariffs():
    return [ByTheVisit()]


@hookimpl
def gateway_registers():
    return [VillageRegister]
