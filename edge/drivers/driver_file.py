"""A driver in a file of its own: loads it, and says what is wrong with it (blocking calls).

The file is Python and runs with the agent's rights: who may write it may do all that the agent may.
So a file that everybody may write is refused.
"""

import hashlib
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from edge.driver import DeviceLost, Settings


def load(path: Path) -> ModuleType:
    """Run the file; raises `DeviceLost` if it cannot be had, and whatever its own code raises."""
    try:
        mode = path.stat().st_mode
        source = path.read_bytes()
    except OSError as error:
        raise DeviceLost(f"driver {path}: {error.strerror or error}") from error
    if mode & stat.S_IWOTH:
        raise DeviceLost(f"driver {path}: everybody may write it; chmod o-w first")
    # Two files of one name are two modules, and the standard library keeps its own.
    name = f"greenlane_driver_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    # Not by import: it would keep the bytecode, and by it take a mended file for the old one.
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what the configuration asks for
    return module


def driver_class_in(module: ModuleType) -> Any:
    """The class that the file calls ``DRIVER``."""
    found = getattr(module, "DRIVER", None)
    settings = getattr(found, "settings", None)
    if not (isinstance(settings, type) and issubclass(settings, Settings)):
        raise DeviceLost(
            f"driver {module.__file__}: it needs DRIVER = the class of the driver, and that class "
            "settings = a subclass of edge.driver.Settings"
        )
    return found


def settings_from(driver: Any, plain: Settings, options: Mapping[str, Any]) -> Settings:
    """The settings that this class of drivers takes; raises `DeviceLost` naming the mistake."""
    names = {"device": plain.device, "title": plain.title, "lane": plain.lane}
    try:
        settings: Settings = msgspec.convert({**options, **names}, driver.settings)
    except msgspec.ValidationError as error:
        raise DeviceLost(f"options of {plain.device}: {error}") from error
    return settings
