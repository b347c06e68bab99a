"""``greenlane gateway``: the gateway of a post; codes, certificates and keys of its agents."""

import argparse
import getpass
import re
import time
from typing import TYPE_CHECKING, Any, Final

from greenlane.arguments import add_config, config_of, host
from greenlane.exits import FAILED, OK
from greenlane.serving import serve

if TYPE_CHECKING:
    from collections.abc import Collection

    from contract.identifiers import Source
    from gateway.config import GatewayConfig

EXAMPLE: Final = "firmware_configs/post/gateway.toml"
REVOKED_S_MAX: Final = 5.0
"""So long a revocation waits for a gateway that runs."""
KEYID: Final = re.compile("[0-9a-f]{32}")
NAMED_MAX: Final = 10
"""Agents that are named to who mistyped one."""


def add_parser(commands: Any) -> None:
    """Enter the command."""
    gateway = commands.add_parser(
        "gateway",
        help="run the gateway: journal, judge, time series",
        description="Runs the gateway of a post until SIGINT or SIGTERM.",
    )
    add_config(gateway, EXAMPLE)
    gateway.set_defaults(act=run)
    inner = gateway.add_subparsers(metavar="COMMAND")
    code = inner.add_parser(
        "code",
        help="make a one-time code by which an agent enrols",
        description="Prints a code that enters one agent's key, once, within 24 hours. Hand it "
        "over on another way than the network. The gateway may be running.",
    )
    add_config(code, EXAMPLE)
    code.add_argument(
        "--agent", required=True, metavar="NAME", help="name of the agent, or command-center"
    )
    code.add_argument("--post", metavar="LOCODE", help="default: the first of the gateway")
    code.set_defaults(act=make)
    authority = inner.add_parser(
        "authority",
        help="make the post's certificates, or renew those that are due",
        description="Makes the authority of this post if there is none (in state_dir/authority), "
        "and certificates of the broker and of the gateway, those that are missing or due. With "
        "it, agents that enrol get certificates of their own. Start the gateway again after the "
        "first time.",
    )
    add_config(authority, EXAMPLE)
    authority.add_argument(
        "--host",
        action="append",
        type=host,
        default=[],
        help="a name or address by which the broker is reached; makes its certificate anew",
    )
    authority.add_argument(
        "--client",
        action="append",
        default=[],
        metavar="NAME",
        help="somebody whom the broker's access list names, like alert-subscriber; makes NAME.crt "
        "and NAME.key for them, which count for 90 days",
    )
    authority.set_defaults(act=certify)
    revoke = inner.add_parser(
        "revoke",
        help="let what an agent signs count no more, from now on",
        description="Revokes the keys of one agent, as when its box was stolen. What it said "
        "before stays; what comes later is quarantined. A box that is still yours enrols anew "
        "(greenlane edge enroll --new-key) and says again what nobody kept. The gateway may run.",
    )
    add_config(revoke, EXAMPLE)
    revoke.add_argument("--agent", required=True, metavar="NAME", help="name of the agent")
    revoke.add_argument("--post", metavar="LOCODE", help="default: the first of the gateway")
    revoke.add_argument("--key", type=_keyid, metavar="KEYID", help="default: all of its keys")
    revoke.add_argument("--reason", required=True, help="for the journal, in a sentence")
    revoke.set_defaults(act=revoke_keys)


def run(arguments: argparse.Namespace) -> int:
    """Be the gateway."""
    from contract.clock import SystemClock
    from contract.links.mqtt import dialler
    from gateway import service
    from gateway.config import GatewayConfig
    from greenlane.evidence.archivist import Archivist

    config = config_of(arguments, GatewayConfig)
    dial, archivist = dialler(config.broker), Archivist(config)
    return serve(
        lambda: service.run(config, dial, clock=SystemClock(), archivist=archivist), is_uvloop=True
    )


def make(arguments: argparse.Namespace) -> int:
    """Make a code."""
    from contract.clock import SystemClock
    from gateway.config import GatewayConfig
    from gateway.trust.codes import make_code

    config = config_of(arguments, GatewayConfig)
    print(make_code(config.folder, _source(arguments, config), SystemClock()))
    return OK


def certify(arguments: argparse.Namespace) -> int:
    """Make what is missing of the post's certificates."""
    from contract.clock import SystemClock
    from gateway.config import GatewayConfig
    from gateway.trust.authority import OWN, Authority

    config = config_of(arguments, GatewayConfig)
    folder, now = config.authority, SystemClock().utc_now()
    authority = Authority.load(folder) or Authority.make(folder, config.posts[0], now)
    if authority.is_due(OWN, now):
        authority.issue_own(OWN, now)
    if not (folder / "ca.crl").exists():
        authority.keep_list((), now)  # the gateway enters what is revoked when it starts
    for client in arguments.client:
        authority.issue_client(client, now)
        print(f"{client}.crt and {client}.key are for {client}, with ca.crt; hand them over.")
    if arguments.host:
        authority.issue_broker(arguments.host, now)
    print(f"{folder}: ca.crt and {OWN}.crt with its key are for [broker] of the gateway.")
    if arguments.host:
        print(
            "broker.crt, broker.key and ca.crl are for the broker; hand them over, start it again."
        )
    elif authority.is_due("broker", now):
        print("The broker's certificate is missing or due: say --host NAME for each of its names.")
    return OK


def revoke_keys(arguments: argparse.Namespace) -> int:
    """Revoke the keys of an agent; waits for a gateway that runs."""
    from gateway.books.enrolled import enrolled
    from gateway.config import GatewayConfig
    from gateway.trust.revoking import Wish, wish

    config = config_of(arguments, GatewayConfig)
    source = _source(arguments, config)
    by = f"{getpass.getuser()} at the gateway"
    path = wish(
        config.folder,
        Wish(source=source, keyid=arguments.key or "", reason=arguments.reason, by=by),
    )
    until = time.monotonic() + REVOKED_S_MAX
    while path.exists() and time.monotonic() < until:
        time.sleep(0.1)
    if path.exists():
        print(f"Keys of {source} will be revoked as soon as the gateway runs.")
        return OK
    # A name that is mistyped leaves the stolen box trusted: nothing is worse than to believe it.
    if source not in (known := enrolled(config.folder)):
        print(f"No agent {source} was ever enrolled here: no key was revoked. {_named(known)}")
        return FAILED
    print(f"Keys of {source} count no more; the gateway's log names them.")
    return OK


def _keyid(text: str) -> str:
    if not KEYID.fullmatch(text):
        message = f"{text!r} is no key id: it has 32 of 0-9 and a-f, and the gateway's log names it"
        raise argparse.ArgumentTypeError(message)
    return text


def _named(known: "Collection[Source]") -> str:
    shown = ", ".join(str(one) for one in sorted(known)[:NAMED_MAX])
    more = f" and {len(known) - NAMED_MAX} more" if len(known) > NAMED_MAX else ""
    return f"There are: {shown}{more}." if known else "There is none."


def _source(arguments: argparse.Namespace, config: "GatewayConfig") -> "Source":
    """The agent that is meant; raises `BadConfig`."""
    from contract.config import BadConfig
    from contract.identifiers import NotAnIdentifier, Source

    post = arguments.post or config.posts[0]
    if post not in config.posts:
        raise BadConfig(f"--post: this gateway is of {', '.join(config.posts)}, not of {post}")
    try:
        return Source.of(post, arguments.agent)
    except NotAnIdentifier as error:
        raise BadConfig(f"--agent: {error}") from error
