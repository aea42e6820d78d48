"""Whether what is pushed comes from whom it says, and is not an old delivery told again. For adapters that are pushed to.

Secrets are compared in constant time, and are in no message.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256

from gateway.core.facts import Text
from gateway.plugins.source import NotSigned

TOLERANCE = dt.timedelta(minutes=5)
"""How far a delivery's time may be from ours, in both directions."""
_STANDARD_PREFIX = "whsec_"
_CURE = Text(
    "сверьте секрет в системе и в gateway.toml; если он верен, кто-то чужой знает адрес",
    "compare the secret in the system and in gateway.toml; if it is right, a stranger knows the address",
)


def check_standard(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: dt.datetime) -> str:
    """Standard Webhooks: ``webhook-id``, ``webhook-timestamp``, ``webhook-signature`` (v1, several where secrets rotate).

    Args:
        headers: by their names in lower case.
        secrets: any of them will do; as ``whsec_…`` in base64, or the word itself.

    Returns:
        The delivery's id; the same delivery told again has the same.

    Raises:
        NotSigned: it is not signed so, or its time is too far from ours.
    """
    id_, at, signatures = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not id_ or not at.isascii() or not at.isdigit() or not signatures:
        raise NotSigned(
            Text("нет заголовков webhook-id, webhook-timestamp, webhook-signature", "no webhook-id, webhook-timestamp, webhook-signature"),
            Text("включите в системе подпись по Standard Webhooks", "switch signing by Standard Webhooks on in the system"),
        )
    # First the signature: of an unsigned time nothing is said.
    content = f"{id_}.{at}.".encode() + body
    given = [one[3:] for one in signatures.split() if one.startswith("v1,")]
    wanted = [base64.b64encode(hmac.digest(_key(secret), content, sha256)).decode() for secret in secrets if secret]
    if not _any_equal(given, wanted):
        raise _wrong()
    if abs(now.timestamp() - int(at[:16])) > TOLERANCE.total_seconds():
        raise NotSigned(
            Text("доставка старше пяти минут или из будущего", "the delivery is older than five minutes, or of the future"),
            Text("включите синхронизацию времени (NTP) на обеих машинах", "switch the synchronisation of time (NTP) on, on both machines"),
        )
    return id_


def check_hmac(signature: str, body: bytes, secrets: Sequence[str]) -> None:
    """HMAC-SHA256 of the body, in hex or base64, as many systems have it in a header of their own.

    Raises:
        NotSigned: it is another, or there is none.
    """
    digests = [hmac.digest(secret.encode(), body, sha256) for secret in secrets if secret]
    wanted = [text for one in digests for text in (one.hex(), base64.b64encode(one).decode())]
    if not _any_equal([signature.strip(), signature.strip().lower()], wanted):
        raise _wrong()


def check_secret(given: str, secrets: Sequence[str]) -> None:
    """A word that both sides know, as it is.

    Raises:
        NotSigned: it is another, or there is none.
    """
    if not _any_equal([given], [secret for secret in secrets if secret]):
        raise _wrong()


def _key(secret: str) -> bytes:
    plain = secret.removeprefix(_STANDARD_PREFIX)
    if plain == secret:
        return secret.encode()
    try:
        return base64.b64decode(plain, validate=True)
    except binascii.Error:
        return secret.encode()


def _any_equal(given: Sequence[str], wanted: Sequence[str]) -> bool:
    """All are compared, whichever fits."""
    return any([hmac.compare_digest(one.encode(), each.encode()) for one in given for each in wanted])


def _wrong() -> NotSigned:
    return NotSigned(Text("подпись доставки неверна", "the delivery's signature is wrong"), _CURE)
