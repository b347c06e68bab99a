"""A box by the command line alone, over mutual TLS: enrolled, rotated, revoked, enrolled anew."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from contract.messages import AgentBorn
from gateway.entry import Entry
from gateway.journal.journal import entries
from tests.system.programs import Program, greenlane, until
from tests.system.servers import Server, secured_mosquitto

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]
BOX: Final = "/KEMBA/lane-1"


class Post:
    """A gateway with its authority, a broker that wants certificates, and one box."""

    def __init__(self, directory: Path) -> None:
        self._directory: Final = directory
        self._state: Final = directory / "gateway"
        self.gateway: Final = Program(directory, "gateway", "gateway", *self._config("gateway"))
        self.box: Final = Program(directory, "lane-1", "edge", *self._config("lane-1"))
        self._say("gateway", 'posts = ["KEMBA"]', "")
        greenlane("gateway", "authority", *self._config("gateway"), "--host", "127.0.0.1")
        authority = self._state / "authority"
        broker, port, door = secured_mosquitto(directory, authority)
        self.broker: Final[Server] = broker
        where = f'[broker]\nhost = "127.0.0.1"\nport = {port}\n'
        papers = {"ca_file": "ca.crt", "cert_file": "gateway.crt", "key_file": "gateway.key"}
        own = "".join(f"{k} = {json.dumps(str(authority / v))}\n" for k, v in papers.items())
        self._say("gateway", 'posts = ["KEMBA"]', where + own)
        self._say("lane-1", 'post = "KEMBA"\nname = "lane-1"', f"{where}enrol_port = {door}\n")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Broker and gateway; the box is switched on and off by the test."""
        with self.broker, ExitStack() as stack:
            stack.callback(self.gateway.stop)
            stack.callback(self.box.stop)
            self.gateway.start()
            until(lambda: "the gateway hears" in self.gateway.log.read_text())
            yield

    def enrol(self, *options: str) -> None:
        """With a new code."""
        code = greenlane("gateway", "code", *self._config("gateway"), "--agent", "lane-1")
        greenlane("edge", "enroll", *self._config("lane-1"), "--code", code, *options)

    def gateway_command(self, *words: str) -> str:
        """A command on the gateway's machine."""
        return greenlane("gateway", words[0], *self._config("gateway"), *words[1:])

    def rotate(self) -> None:
        """On the box."""
        greenlane("edge", "rotate", *self._config("lane-1"))

    def births(self) -> list[str]:
        """The keys that births of the box were signed with, each once, in their order."""
        born = [e for e in self._entries() if isinstance(e.message, AgentBorn) and e.source == BOX]
        return list(dict.fromkeys(e.keyid for e in born))

    def types(self) -> list[str]:
        """Of all entries about keys."""
        return [e.type for e in self._entries() if e.type.startswith("key.")]

    def _entries(self) -> Iterator[Entry]:
        return entries(self._state / "journal.sqlite")

    def _config(self, name: str) -> tuple[str, str]:
        return "--config", str(self._directory / f"{name}.toml")

    def _say(self, name: str, head: str, broker: str) -> None:
        state = json.dumps(str(self._directory / name))
        (self._directory / f"{name}.toml").write_text(f"{head}\nstate_dir = {state}\n{broker}")


def test_a_box_is_trusted_rotated_revoked_and_trusted_anew(tmp_path: Path) -> None:
    """Each time another key speaks, and the journal says why."""
    post = Post(tmp_path)
    with post.running():
        post.enrol()
        post.box.start()
        until(lambda: len(post.births()) == 1)
        post.rotate()
        post.box.stop()
        post.box.start()
        until(lambda: len(post.births()) == 2)
        assert post.types() == ["key.enrolled", "key.rotated", "key.enrolled"]
        said = post.gateway_command("revoke", "--agent", "lane-1", "--reason", "it was stolen")
        assert "count no more" in said
        with pytest.raises(AssertionError):  # a mistyped name is no success
            post.gateway_command("revoke", "--agent", "lane-l", "--reason", "it was stolen")
        until(lambda: "was revoked" in post.box.log.read_text())
        post.box.stop()
        post.enrol("--new-key")
        post.box.start()
        until(lambda: len(post.births()) == 3)
        assert post.types()[3:] == ["key.revoked", "key.revoked", "key.enrolled"]
