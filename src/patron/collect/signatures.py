"""Whether a delivery comes from who it says: shops sign the bytes of the body with a secret that both know."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def signature(body: bytes, secret: str) -> str:
    """The signature of a body: HMAC-SHA256 of its bytes, in base64, as Shopify and WooCommerce write it; here the second of RFC 4231.

    >>> signature(b"what do ya want for nothing?", "Jefe")
    'W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM='
    """
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def is_signed(body: bytes, said: str, secrets: Sequence[str]) -> bool:
    """Whether a body is signed with one of the secrets: all are tried, in a time that tells nothing about how wrong a signature is.

    Args:
        body: the bytes as received.
        said: the signature that came with it.
        secrets: the one in use, and the one before it while it is being replaced. An empty one signs nothing.
    """
    given = said.strip().encode("utf-8", "replace")
    matches = [hmac.compare_digest(signature(body, secret).encode(), given) for secret in secrets if secret]
    return any(matches)
