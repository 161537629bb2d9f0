from __future__ import annotations

import base64

import pytest

from patron.collect.signatures import is_signed, signature

_RFC_4231 = [
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
]


@pytest.mark.parametrize(("key", "body", "expected"), _RFC_4231)
def test_signatures_are_those_that_were_published(key: bytes, body: bytes, expected: str) -> None:
    assert base64.b64decode(signature(body, key.decode())).hex() == expected


def test_each_of_two_secrets_is_good_and_no_other() -> None:
    assert is_signed(b"x", signature(b"x", "new"), ("new", "old"))
    assert is_signed(b"x", signature(b"x", "old"), ("new", "old"))
    assert not is_signed(b"x", signature(b"x", "older"), ("new", "old"))
    assert not is_signed(b"x", signature(b"x", ""), ("",))
