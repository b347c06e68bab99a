"""The box itself: its clock, its Python, its disk, and who may read what."""

import os
import platform
import shutil
import statistics
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Final

from contract.clock import Clock
from greenlane.doctor.finding import Finding, advice, well

CLOCK_ERROR_MS_MAX: Final = 1_000
FREE_BYTES_MIN: Final = 1_000_000_000
FSYNCS: Final = 15
MOUNTS: Final = Path("/proc/self/mounts")
FORGETTING: Final = ("overlay", "tmpfs", "ramfs")
"""File systems in memory, or whose changes are."""
FSYNC_BYTES: Final = 4_096
FSYNC_MS_MAX: Final = 50.0
"""A group of messages shares one; slower ones hold up receipts."""


def clock(clock: Clock) -> Finding:
    """Whether the kernel's clock is in step with UTC."""
    error_ms = clock.error_ms()
    if error_ms is None:
        return advice(
            "clock",
            "the kernel says that nobody keeps this clock in step: install and start chrony "
            "(firmware_configs/raspberry-pi/chrony.conf), or times are estimates and marked so",
        )
    if error_ms > CLOCK_ERROR_MS_MAX:
        return advice("clock", f"may be {error_ms} ms off: look at `chronyc tracking`")
    return well("clock", f"at most {error_ms} ms off UTC")


def python(
    *, built: str = str(sysconfig.get_config_var("CONFIG_ARGS")), prefix: str = sys.base_prefix
) -> Finding:
    """Which Python this is. One that was compiled without profiles is slower, and as fit.

    A distribution's own has them without saying so here (Debian's says nothing of it).
    """
    version = platform.python_version()
    if prefix == "/usr" or "--enable-optimizations" in built:
        return well("python", version)
    return well(
        "python",
        f"{version} in {prefix}, compiled without profiles (--enable-optimizations): a gateway "
        "takes a fifth more processor time on it than on Debian's own",
    )


def space(folder: Path, *, wanted_bytes: int = 0) -> Finding:
    """Whether there is room; ``wanted_bytes`` is what the service may come to hold."""
    there = existing(folder)
    free = shutil.disk_usage(there).free
    least = max(FREE_BYTES_MIN, wanted_bytes)
    if free < least:
        return advice(
            "disk space",
            f"{free / 1e9:.1f} GB are free at {there}, {least / 1e9:.1f} GB should be: free some, "
            "or lower the limits of the configuration",
        )
    return well("disk space", f"{free / 1e9:.1f} GB free at {there}")


def fsync(folder: Path, clock: Clock) -> Finding:
    """How long it takes until something is durable: the median of `FSYNCS`, in milliseconds."""
    there = existing(folder)
    took: list[float] = []
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".doctor-") as file:
            for _ in range(FSYNCS):
                start_ns = clock.monotonic_ns()
                file.write(bytes(FSYNC_BYTES))
                file.flush()
                os.fsync(file.fileno())
                took.append((clock.monotonic_ns() - start_ns) / 1e6)
    except OSError as error:
        return advice("fsync", f"nothing can be written at {there}: {error.strerror}")
    median_ms = statistics.median(took)
    if median_ms > FSYNC_MS_MAX:
        return advice(
            "fsync",
            f"takes {median_ms:.0f} ms at {there}: a worn or slow card; use an industrial one or "
            "an SSD",
        )
    return well("fsync", f"{median_ms:.1f} ms at {there}")


def state_dir(folder: Path) -> Finding:
    """Whether the state directory is there, ours, and closed to others."""
    try:
        status = folder.stat()
    except FileNotFoundError:
        return advice("state_dir", f"{folder} is not there yet: an enrolment makes it")
    except PermissionError:
        return advice("state_dir", f"{folder} cannot be seen: run the doctor as the service's user")
    if not folder.is_dir():
        return advice("state_dir", f"{folder} is no directory")
    if status.st_mode & 0o077:
        return advice("state_dir", f"others may read {folder}: chmod 700 {folder}")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return advice("state_dir", f"{folder} is of another user: run the doctor as that user")
    return well("state_dir", f"{folder}, closed to others")


def lasting(folder: Path, *, mounts: Path = MOUNTS) -> Finding:
    """Whether what is written there outlasts a power cut: no overlay and no memory."""
    there = existing(folder).resolve()
    try:
        lines = [line.split() for line in mounts.read_text().splitlines()]
    except OSError as error:
        return advice("lasting", f"the mounts cannot be read: {error}")
    over = [(place, kind) for _, place, kind, *_ in lines if there.is_relative_to(place)]
    place, kind = max(over, key=lambda one: len(one[0]), default=("/", "unknown"))
    if kind in FORGETTING:
        return advice(
            "lasting",
            f"{folder} is on {kind} ({place}), which forgets at a power cut: give it a partition "
            "of its own (firmware_configs/raspberry-pi/README.md)",
        )
    return well("lasting", f"{kind} at {place}")


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above that is there."""
    for one in (folder, *folder.absolute().parents):
        try:
            if one.is_dir():
                return one
        except PermissionError:
            continue
    return Path("/")
