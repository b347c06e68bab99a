"""Every rule there is, in the order in which they are asked."""

from typing import Final

from gateway.judge.rule import AnyRule
from gateway.judge.rules.agent_doubled import AGENT_DOUBLED
from gateway.judge.rules.agent_silent import AGENT_SILENT
from gateway.judge.rules.contraband_seen import CONTRABAND_SEEN
from gateway.judge.rules.log_unsigned import LOG_UNSIGNED
from gateway.judge.rules.numbers_forged import NUMBERS_FORGED
from gateway.judge.rules.numbers_missing import NUMBERS_MISSING
from gateway.judge.rules.pictures_changed import PICTURES_CHANGED
from gateway.judge.rules.reading_out_of_range import READING_OUT_OF_RANGE
from gateway.judge.rules.revoked_key_speaks import REVOKED_KEY_SPEAKS
from gateway.judge.rules.seal_cloned import SEAL_CLONED
from gateway.judge.rules.seal_missing import SEAL_MISSING
from gateway.judge.rules.seal_opened import SEAL_OPENED
from gateway.judge.rules.strangers_knock import STRANGERS_KNOCK

RULES: Final[tuple[AnyRule, ...]] = (
    SEAL_OPENED,
    SEAL_MISSING,
    SEAL_CLONED,
    CONTRABAND_SEEN,
    READING_OUT_OF_RANGE,
    PICTURES_CHANGED,
    AGENT_SILENT,
    AGENT_DOUBLED,
    NUMBERS_FORGED,
    NUMBERS_MISSING,
    STRANGERS_KNOCK,
    REVOKED_KEY_SPEAKS,
    LOG_UNSIGNED,
)
"""Read this, and you know what raises an alert."""
