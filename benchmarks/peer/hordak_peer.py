"""django-hordak: transfers of two legs between accounts. Arguments: host (a folder for a socket), user, database, how many."""

import json
import sys
import time
from importlib.metadata import version

import django
from django.conf import settings

TOGETHER, ONE_BY_ONE = 500, 200


def main(host: str, user: str, database: str, count: str) -> None:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "HOST": host, "USER": user, "NAME": database}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "mptt", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SECRET_KEY="bench",
        USE_TZ=True,
        DEFAULT_CURRENCY="RUB",
        CURRENCIES=["RUB"],
    )
    django.setup()
    from django.core.management import call_command
    from django.db import transaction
    from hordak.models import Account, AccountType
    from moneyed import Money

    call_command("migrate", verbosity=0)
    payable = Account.objects.create(name="payable", code="1", type=AccountType.liability, currencies=["RUB"])
    certificates = [
        Account.objects.create(name=f"certificate {number}", code=str(number + 2), type=AccountType.liability, currencies=["RUB"])
        for number in range(100)
    ]

    def book(first: int, last: int) -> None:
        for number in range(first, last):
            certificates[number % len(certificates)].transfer_to(payable, Money(180, "RUB"))

    begun = time.perf_counter()
    for first in range(0, int(count), TOGETHER):
        with transaction.atomic():
            book(first, min(first + TOGETHER, int(count)))
    seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    book(0, ONE_BY_ONE)
    each = (time.perf_counter() - begun) / ONE_BY_ONE
    what = f"Account.transfer_to, {TOGETHER} in a transaction, PostgreSQL; each in its own: {each * 1e6:.0f} µs"
    print(json.dumps({"seconds": seconds, "items": int(count), "version": version("django-hordak"), "what": what}))


main(*sys.argv[1:])
