"""Good JSON with anything in any place of it."""

import copy
import json
from typing import Any, Final

from hypothesis import strategies as st

NASTY: Final[tuple[Any, ...]] = (
    *(
        "",
        "\x00",
        "a" * 300,
        "é" * 90,
        "../../etc/passwd",
        "a,b=c d\\",
        "\n",
        "💥",
        "\u202e",
        "%s{}",
    ),
    *(0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**70, 0.1, -0.0, 1e308, 5e-324),
    *("0000000001", "9999999999", "99999999999999999999999", "f" * 16, "0" * 64),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z"),
    *("2026-11-22T12:00:00+23:59", "2200-01-01T00:00:00Z", "2026-11-22T14:07:32Z"),
    *(True, None, [], {}, [[]], ["x"], {"a": 1}, "/KEMBA/gate-2", "/KEMBA/gateway", "events"),
)
"""What parsers, arithmetic, databases and screens have stumbled over."""


def places(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything in a tree."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree)
    found = [at] if at else []
    if isinstance(tree, dict | list):
        for key, value in inner:
            found += places(value, (*at, key)) if isinstance(value, dict | list) else [(*at, key)]
    return found


@st.composite
def mutated(draw: st.DrawFn, body: bytes, changes_max: int = 3) -> bytes:
    """The same JSON, but for some of its values."""
    tree = json.loads(body)
    for _ in range(draw(st.integers(1, changes_max))):
        paths = places(tree)
        if not paths:
            break
        path = draw(st.sampled_from(paths))
        parent = tree
        for key in path[:-1]:
            parent = parent[key]
        how = draw(st.sampled_from(("put", "put", "put", "drop", "repeat")))
        if how == "drop":
            del parent[path[-1]]
        elif how == "repeat" and isinstance(parent, list):
            parent.extend([parent[path[-1]]] * draw(st.integers(1, 40)))
        else:
            parent[path[-1]] = copy.deepcopy(draw(st.sampled_from(NASTY)))
    return json.dumps(tree, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
