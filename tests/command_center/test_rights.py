"""Who may do what, route by route and verb by verb; what is not listed is forbidden."""

from typing import get_args

import pytest

from command_center.rights import ROLES, RULES, VERBS, judge, may_act, rule_for
from contract.messages import Role, Verb

NEEDS: list[tuple[str, str, Role | None]] = [
    ("GET", "/healthz", None),
    ("GET", "/metrics", "admin"),
    ("GET", "/first", None),
    ("GET", "/sign-in", None),
    ("POST", "/api/sign-in", None),
    ("GET", "/panels/alerts.js", None),
    ("GET", "/vendor/uplot/uPlot.min.css", None),
    ("GET", "/", "viewer"),
    ("GET", "/queue", "viewer"),
    ("GET", "/set-password", "viewer"),
    ("POST", "/api/sign-out", "viewer"),
    ("POST", "/api/password", "viewer"),
    ("GET", "/api/me", "viewer"),
    ("GET", "/api/board", "viewer"),
    ("WS", "/api/live", "viewer"),
    ("GET", "/api/series", "viewer"),
    ("GET", "/api/history", "viewer"),
    ("GET", "/api/completeness", "viewer"),
    ("GET", "/api/checkpoint", "viewer"),
    ("GET", "/api/blobs/" + "0" * 64, "viewer"),
    ("GET", "/api/blobs/" + "0" * 64 + "/png", "viewer"),
    ("GET", "/api/openapi.json", "viewer"),
    ("GET", "/api/asyncapi.json", "viewer"),
    ("GET", "/api/officers", "officer"),
    ("GET", "/api/alerts", "viewer"),
    ("GET", "/api/alerts/stream", "viewer"),
    ("WS", "/api/alerts/live", "viewer"),
    ("GET", "/api/alerts/a1", "viewer"),
    ("GET", "/api/tokens", "supervisor"),
    ("POST", "/api/tokens", "supervisor"),
    ("DELETE", "/api/tokens/0123456789abcdef", "supervisor"),
    ("GET", "/api/subscribers", "supervisor"),
    ("POST", "/api/subscribers", "admin"),
    ("POST", "/api/subscribers/0123456789abcdef", "admin"),
    ("DELETE", "/api/subscribers/0123456789abcdef", "admin"),
    ("POST", "/api/alerts/a1/acts", "officer"),
    ("POST", "/api/alerts/a1/evidence", "officer"),
    ("GET", "/api/evidence/" + "0" * 32, "officer"),
    ("GET", "/api/evidence/" + "0" * 32 + "/archive", "officer"),
    ("POST", "/api/officers", "admin"),
    ("POST", "/api/officers/Amina", "admin"),
    ("POST", "/api/officers/Amina/link", "admin"),
    ("POST", "/api/subscribers/0123456789abcdef/test", "admin"),
    ("GET", "/api/audit", "admin"),
    ("GET", "/admin", "admin"),
]


@pytest.mark.parametrize(("method", "path", "needs"), NEEDS)
@pytest.mark.parametrize("role", [None, *ROLES])
def test_each_route_needs_what_the_table_says(
    method: str, path: str, needs: Role | None, role: Role | None
) -> None:
    """Every role against every route."""
    rule = rule_for(method, path)
    assert rule is not None
    verdict = judge(rule, role, must_set_password=False)
    if needs is None:
        assert verdict == "allowed"
    elif role is None:
        assert verdict == "sign in"
    else:
        assert (verdict == "allowed") == (ROLES.index(role) >= ROLES.index(needs))


def test_this_list_covers_every_rule() -> None:
    """A rule that no line here tries is a rule that nobody has thought about."""
    assert {rule_for(method, path) for method, path, _ in NEEDS} == set(RULES)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nothing"),
        ("GET", "/api/"),
        ("POST", "/"),
        ("DELETE", "/api/board"),
        ("GET", "/api/board/"),
        ("GET", "/../officers.sqlite"),
        ("GET", "/.env"),
        ("GET", "/board.sqlite"),
        ("GET", "/x.py"),
        ("WS", "/"),
        ("GET", "/api/live"),
        ("GET", "/api/blobs/x"),
        ("GET", "/sign-in\n"),
        ("GET", "//evil"),
        ("CONNECT", "/"),
    ],
)
def test_what_is_not_listed_is_not_there(method: str, path: str) -> None:
    """Fail closed."""
    assert rule_for(method, path) is None


def test_a_token_reads_alerts_and_metrics_and_nothing_else() -> None:
    """Of all rules these five take one; metrics only one for every post (`routes.metrics`)."""
    taking = {path for method, path, _ in NEEDS if (r := rule_for(method, path)) and r.takes_token}
    alerts = {"/api/alerts", "/api/alerts/a1", "/api/alerts/live", "/api/alerts/stream"}
    assert taking == {"/metrics", *alerts}


def test_before_the_password_is_set_only_setting_it_works() -> None:
    """An officer who came by a link can do just that."""
    rules = {path: rule_for(method, path) for method, path, needs in NEEDS if needs}
    may = {
        path
        for path, rule in rules.items()
        if rule and judge(rule, "admin", must_set_password=True) == "allowed"
    }
    assert may == {"/set-password", "/api/sign-out", "/api/password", "/api/me"}


def test_every_verb_has_its_role_and_no_viewer_acts() -> None:
    """A new verb without a line in the table is refused to everybody."""
    assert set(VERBS) == set(get_args(Verb))
    for verb in VERBS:
        assert [may_act(role, verb) for role in ROLES] == [False, True, True, True]
    assert not may_act("admin", "burn")  # type: ignore[arg-type]  # no such verb
    assert not may_act("ghost", "comment")  # type: ignore[arg-type]  # no such role
