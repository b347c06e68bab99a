"""``greenlane gateway``: the gateway of one or more posts, and one-time codes for new agents."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from greenlane.exits import OK
from greenlane.serving import serve
