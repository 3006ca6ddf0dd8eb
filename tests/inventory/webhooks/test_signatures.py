"""What is sent is signed so that the receivers' own library accepts it, and nothing else."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from inventory.webhooks.signatures import new_secret, sign, signed_headers

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "webhooks.md"
BODY = '{"type":"inventory.updated","data":{"title":"Zürich ×"}}'.encode()


def headers(secret: str, *more: str, body: bytes = BODY, at: float | None = None) -> dict[str, str]:
    return signed_headers(
        [secret, *more],
        message_id="evt_01h455vb4pex5vsknk084sn02q",
        timestamp=int(time.time() if at is None else at),
        body=body,
    )


def test_a_secret_is_32_random_bytes() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_the_receivers_library_accepts_it() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY, headers(secret)) == json.loads(BODY)


@given(st.text())
def test_every_body_can_be_signed(text: str) -> None:
    secret = new_secret()
    body = json.dumps({"text": text}, ensure_ascii=False).encode("utf-8", "replace")
    assert Webhook(secret).verify(body, headers(secret, body=body)) == json.loads(body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "evt_01h455vb4pex5vsknk084sn02r"),
        ("webhook-timestamp", str(int(time.time()) + 60)),
        ("webhook-signature", "v1,AAAA"),
    ],
    ids=["another id", "another time", "another signature"],
)
def test_it_accepts_nothing_that_was_changed(name: str, value: str) -> None:
    secret = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers(secret) | {name: value})
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", headers(secret))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers(secret))


def test_it_accepts_nothing_old() -> None:
    secret = new_secret()
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(BODY, headers(secret, at=time.time() - 600))


def test_two_secrets_give_two_signatures() -> None:
    new, old = new_secret(), new_secret()
    sent = headers(new, old)
    assert len(sent["webhook-signature"].split(" ")) == 2
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, sent)


class TestTheGuide:
    """Receivers try their code with its example, and copy its code."""

    @pytest.fixture
    def example(self) -> dict[str, str]:
        values = re.findall(
            r"^(secret|id|timestamp|body|signature) +(\S.*)$", GUIDE.read_text("utf-8"), re.MULTILINE
        )
        return dict(values)

    def test_its_signature(self, example: dict[str, str]) -> None:
        signature = sign(
            example["secret"],
            message_id=example["id"],
            timestamp=int(example["timestamp"]),
            body=example["body"].encode(),
        )
        assert signature == example["signature"]

    def test_its_python(self, example: dict[str, str]) -> None:
        [code] = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
        names: dict[str, Any] = {}
        exec(code, names)  # noqa: S102 - our own
        sent = {
            "webhook-id": example["id"],
            "webhook-timestamp": example["timestamp"],
            "webhook-signature": f"v1,AAAA {example['signature']}",
        }
        body, at = example["body"].encode(), float(example["timestamp"])
        is_genuine = names["is_genuine"]
        assert is_genuine(example["secret"], sent, body, at + 299)
        assert not is_genuine(example["secret"], sent, body, at + 301)
        assert not is_genuine(example["secret"], sent, body + b" ", at)
        assert not is_genuine(new_secret(), sent, body, at)

    def test_its_shell(self, example: dict[str, str]) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("there is no openssl on this machine")
        [code] = re.findall(r"```sh\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
        given = {name.upper(): value for name, value in example.items()}
        done = subprocess.run(["sh", "-c", code], env=os.environ | given, capture_output=True, check=True)
        assert f"v1,{done.stdout.decode().strip()}" == example["signature"]
