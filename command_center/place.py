"""Where a post is and what people call it, as the configuration gives it; screens draw it."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from contract.identifiers import Post
from contract.pattern import whole

PLACES_MAX: Final = 1_000
"""Posts that a configuration describes."""


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One post; latitude and longitude in degrees (WGS 84), north and east positive."""

    post: Annotated[str, Meta(pattern=whole(Post.form.pattern))]
    """UN/LOCODE, like KEMBA."""
    name: Annotated[str, Meta(max_length=80)] = ""
    """What people call it."""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    """None: it is listed, and not on the map."""
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None

    def __post_init__(self) -> None:
        """Half a position is a mistake, not a place."""
        if (self.latitude is None) is not (self.longitude is None):
            raise ValueError(f"{self.post}: latitude and longitude come together")


def no_doubles(places: tuple[Place, ...]) -> None:
    """Raise `ValueError` if a post is described twice, or there are too many."""
    posts = [place.post for place in places]
    if len(posts) > PLACES_MAX:
        raise ValueError(f"at most {PLACES_MAX} posts can be described")
    for post in posts:
        if posts.count(post) > 1:
            raise ValueError(f"{post} is described twice")
