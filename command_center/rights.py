"""Who may do what: one table for routes, one for verbs. Pure; what is not listed is forbidden.

The guard asks it before any route runs, the alert routes and the live stream once more.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from contract.messages import Role, Verb

ROLES: Final[tuple[Role, ...]] = ("viewer", "officer", "supervisor", "admin")
"""Each may do what the ones before it may."""

Kind = Literal["page", "file", "api", "live"]
"""How a refusal reads: a page sends to the sign-in, the others say so."""
Verdict = Literal["allowed", "sign in", "set a password", "forbidden"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`needs` is the lowest role, none for anyone at all; `path` is a regular expression."""

    method: str
    path: str
    needs: Role | None
    kind: Kind = "api"
    is_before_password: bool = False
    """Whether an officer who has no password yet may do it."""
    takes_token: bool = False
    """Whether a program may do it with a token for reading alerts."""


RULES: Final = (
    Rule("GET", r"/healthz", None),
    Rule("GET", r"/metrics", "admin", takes_token=True),
    Rule("GET", r"/first", None),
    Rule("GET", r"/sign-in(\.html)?", None, "page"),
    Rule("GET", r"/set-password(\.html)?", "viewer", "page", is_before_password=True),
    Rule("POST", r"/api/sign-in", None),
    Rule("POST", r"/api/sign-out", "viewer", is_before_password=True),
    Rule("POST", r"/api/password", "viewer", is_before_password=True),
    Rule("GET", r"/api/me", "viewer", is_before_password=True),
    Rule("GET", r"/api/board", "viewer"),
    Rule("WS", r"/api/live", "viewer", "live"),
    Rule("GET", r"/api/series", "viewer"),
    Rule("GET", r"/api/history", "viewer"),
    Rule("GET", r"/api/completeness", "viewer"),
    Rule("GET", r"/api/checkpoint", "viewer"),
    Rule("GET", r"/api/blobs/[0-9a-f]{64}(/png)?", "viewer"),
    Rule("GET", r"/api/alerts", "viewer", takes_token=True),
    Rule("GET", r"/api/alerts/stream", "viewer", takes_token=True),
    Rule("WS", r"/api/alerts/live", "viewer", "live", takes_token=True),
    Rule("GET", r"/api/alerts/[^/]{1,80}", "viewer", takes_token=True),
    Rule("POST", r"/api/alerts/[^/]{1,80}/acts", "officer"),
    Rule("POST", r"/api/alerts/[^/]{1,80}/evidence", "officer"),
    Rule("GET", r"/api/evidence/[0-9a-f]{32}(/archive)?", "officer"),
    Rule("GET", r"/api/tokens", "supervisor"),
    Rule("POST", r"/api/tokens", "supervisor"),
    Rule("DELETE", r"/api/tokens/[0-9a-f]{16}", "supervisor"),
    Rule("GET", r"/api/subscribers", "supervisor"),
    Rule("POST", r"/api/subscribers", "admin"),
    Rule("POST", r"/api/subscribers/[0-9a-f]{16}", "admin"),
    Rule("DELETE", r"/api/subscribers/[0-9a-f]{16}", "admin"),
    Rule("POST", r"/api/subscribers/[0-9a-f]{16}/test", "admin"),
    Rule("GET", r"/api/officers", "officer"),
    Rule("POST", r"/api/officers", "admin"),
    Rule("POST", r"/api/officers/[^/]{1,40}", "admin"),
    Rule("POST", r"/api/officers/[^/]{1,40}/link", "admin"),
    Rule("GET", r"/api/audit", "admin"),
    Rule("GET", r"/admin(\.html)?", "admin", "page"),
    Rule("GET", r"/api/openapi\.json", "viewer"),
    Rule("GET", r"/api/asyncapi\.json", "viewer"),
    Rule("GET", r"/(?!api/)(?:[a-z0-9_-]+/)*[a-z0-9_-]*(?:\.html)?", "viewer", "page"),
    Rule(
        "GET",
        r"/(?!api/)(?:[\w-]+/)*[\w.-]+\.(?:css|js|mjs|svg|png|ico|json|woff2|webmanifest|txt)",
        None,
        "file",
    ),
)
"""The first that matches decides."""

VERBS: Final[dict[Verb, Role]] = {
    "acknowledge": "officer",
    "start": "officer",
    "assign": "officer",
    "comment": "officer",
    "resolve": "officer",
    "close": "officer",
    "reopen": "officer",
}

_PATHS: Final = tuple((rule, re.compile(rule.path, re.ASCII)) for rule in RULES)


def rule_for(method: str, path: str) -> Rule | None:
    """The rule of a request; none means that there is nothing to be had there."""
    wanted = "GET" if method == "HEAD" else method
    for rule, pattern in _PATHS:
        if rule.method == wanted and pattern.fullmatch(path):
            return rule
    return None


def judge(rule: Rule, role: Role | None, *, must_set_password: bool) -> Verdict:
    """Whether somebody of that role (none: nobody is signed in) may."""
    if rule.needs is None:
        return "allowed"
    if role is None:
        return "sign in"
    if must_set_password and not rule.is_before_password:
        return "set a password"
    return "allowed" if _reaches(role, rule.needs) else "forbidden"


def may_act(role: Role, verb: Verb) -> bool:
    """Whether an officer of that role may do that to an alert."""
    needs = VERBS.get(verb)
    return needs is not None and _reaches(role, needs)


def _reaches(role: Role, needs: Role) -> bool:
    return role in ROLES and ROLES.index(role) >= ROLES.index(needs)
