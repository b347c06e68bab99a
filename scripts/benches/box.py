"""``scripts/bench box``: an agent set up by the Raspberry Pi script in a clean Debian, at work.

    debootstrap ─▶ chroot: firmware_configs/raspberry-pi/install ─▶ enrol ─▶ ExecStart of its unit
                              picture into /srv/scans ─▶ agent ═▶ mosquitto ═▶ gateway ═▶ board
                                                            (on this machine, 127.0.0.1)

Needs root, Linux and Debian's packages. systemd does not run in a chroot: what it would do (start
the unit's command as the unit's user, listen for the watchdog) is done here by hand. It is
what was committed last that is installed. How this machine reaches the network is copied into that
root only.
"""

import argparse
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from greenlane import logs
from greenlane.exits import FAILED, OUTSIDE
from scripts.benches.bench import asking, verdict
from tests.system.line import POST, Line, picture_that_alerts
from tests.system.programs import greenlane, until

SUITE: Final = "bookworm"
MIRROR: Final = "http://deb.debian.org/debian"
STEP_S_MAX: Final = 1_800
NAME: Final = "box-1"
SCRIPT: Final = "/src/firmware_configs/raspberry-pi/install"
UNIT: Final = "etc/systemd/system/greenlane-edge.service"
CONFIG: Final = "etc/greenlane/agent.toml"
PARTS: Final = (
    *("contract", "edge", "gateway", "command_center", "models", "simulators", "greenlane"),
    *("firmware_configs", "pyproject.toml", "README.md", "LICENSE", "requirements-edge.lock"),
)
REPOSITORY: Final = Path(__file__).parents[2]


def main() -> int:
    """Set a box up and let it scan; 0 if the scan reached the board."""
    parser = asking("box", __doc__)
    parser.add_argument("--architecture", default="", help="of Debian, such as arm64")
    parser.add_argument("--mirror", default=MIRROR)
    asked = parser.parse_args()
    logs.set_up(level="error")
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        print("needs root and: apt-get install debootstrap", file=sys.stderr)
        return OUTSIDE
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="greenlane-box-")))
        root = directory / "root"
        told = set_up(root, asked, stack)
        print(json.dumps(told), flush=True)
        os.sync()  # else the gateway's first fsync waits for half a gigabyte
        (directory / "line").mkdir()
        line = stack.enter_context(Line(directory / "line", "").running())
        work = scan(line, root)
    print(json.dumps(work))
    is_good = told["again_s"] < told["install_s"] and work["detections"] > 0
    return verdict(
        f"set up in {told['install_s']} s, again in {told['again_s']} s; the scan reached the board"
        f" with {work['detections']} detections",
        is_good=is_good,
    )


def set_up(root: Path, asked: argparse.Namespace, stack: ExitStack) -> dict[str, Any]:
    """A clean Debian, and the script in it, twice; what it took."""
    told: dict[str, Any] = {"debian": SUITE}
    arch = [f"--arch={asked.architecture}"] if asked.architecture else []
    began = time.monotonic()
    run("debootstrap", *arch, "--variant=minbase", SUITE, str(root), asked.mirror)
    told["debootstrap_s"] = round(time.monotonic() - began, 1)
    stack.enter_context(mounted(root))
    borrow(root)
    before = megabytes(root)
    told["architecture"] = inside(root, "dpkg", "--print-architecture").strip()
    for step in ("install_s", "again_s"):
        began = time.monotonic()
        said = inside(root, SCRIPT)
        told[step] = round(time.monotonic() - began, 1)
        (root.parent / f"{step}.log").write_text(said)
    told |= {
        "debian_mb": before,
        "with_agent_mb": megabytes(root),
        "program_mb": megabytes(root / "opt/greenlane"),
    }
    return told


def scan(line: Line, root: Path) -> dict[str, Any]:
    """Enrol, start what the unit starts, drop a picture; what came out, and after how long."""
    (root / CONFIG).write_text(
        f'post = "{POST}"\nname = "{NAME}"\nstate_dir = "/var/lib/greenlane/agent"\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {line.broker.port}\n'
        '[[device]]\nfamily = "scan_folder"\ndevice = "scanner"\nfolder = "/srv/scans"\n'
    )
    gateway = str(line.directory / "gateway.toml")
    code = greenlane("gateway", "code", "--config", gateway, "--agent", NAME)
    run(*as_agent(root, "greenlane", "edge", "enroll", "--config", f"/{CONFIG}", "--code", code))
    unit = read_unit(root / UNIT)
    with started(root, unit) as (agent, heard):
        began = time.monotonic()
        until(lambda: line.is_complete(f"/{POST}/{NAME}"))
        born_s = time.monotonic() - began
        picture = picture_that_alerts()
        folder, began = root / "srv/scans", time.monotonic()
        (folder / ".new").write_bytes(picture)
        os.chown(folder / ".new", *_owner(folder))
        (folder / ".new").rename(folder / "0125443871.png")
        found = until(lambda: scans_of(line))
        took_s = time.monotonic() - began
        memory = Path(f"/proc/{agent.pid}/status").read_text()
        said = said_to(heard)
    return {
        "unit": unit["ExecStart"],
        "born_s": round(born_s, 2),
        "scan_on_board_s": round(took_s, 2),
        "model_ms": round(found[0]["milliseconds"], 1),
        "detections": len(found[0]["detections"]),
        "agent_peak_mb": round(int(memory.split("VmHWM:")[1].split()[0]) / 1024),
        "told_systemd": said,
        "ended_with": agent.returncode,
    }


def scans_of(line: Line) -> list[dict[str, Any]]:
    """The box's scans on the board whose picture is whole at the gateway."""
    scans: list[dict[str, Any]] = line.board()["scans"]
    return [one for one in scans if one["source"] == f"/{POST}/{NAME}" and one.get("is_kept")]


def read_unit(path: Path) -> dict[str, str]:
    """What systemd would read of the service."""
    unit = ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd is case-sensitive
    unit.read(path)
    return dict(unit["Service"])


@contextmanager
def started(
    root: Path, unit: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """The unit's command as the unit's user, and the socket on which systemd would listen."""
    assert unit["Type"] == "notify"  # noqa: S101 - else nobody would say READY
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(root / "run/notify"))
        (root / "run/notify").chmod(0o666)
        notify = ["env", "NOTIFY_SOCKET=/run/notify", "WATCHDOG_USEC=3000000"]
        command = as_agent(root, *notify, *shlex.split(unit["ExecStart"]), user=unit["User"])
        with (root.parent / "agent.log").open("ab") as log:
            agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log)
        try:
            yield agent, heard
        finally:
            agent.terminate()
            agent.wait(20)


def said_to(heard: socket.socket) -> list[str]:
    """What the agent told systemd, each once, as soon as it has beaten twice."""
    heard.settimeout(30)
    said = [heard.recv(200).decode() for _ in range(2)]
    return sorted({line for one in said for line in one.splitlines()})


def as_agent(root: Path, *command: str, user: str = "greenlane") -> list[str]:
    """A command line in the root as its user."""
    return ["chroot", f"--userspec={user}:{user}", str(root), *command]


def inside(root: Path, *command: str) -> str:
    """Run a command in the root as root; returns what it said."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    if (root / "etc/ssl/borrowed.crt").exists():
        environment["PIP_CERT"] = "/etc/ssl/borrowed.crt"
    return run("chroot", str(root), *command, environment=environment)


def run(*command: str, environment: dict[str, str] | None = None) -> str:
    """Run a command to its end; a failure says what it said."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=STEP_S_MAX, check=False, env=environment
    )
    if done.returncode:
        print(done.stdout[-3_000:], done.stderr[-3_000:], sep="\n", file=sys.stderr)
        raise SystemExit(FAILED)
    return done.stdout


@contextmanager
def mounted(root: Path) -> Iterator[None]:
    """What programs expect of a running system."""
    places = (("proc", "-t", "proc", "proc"), ("dev", "--bind", "/dev"))
    with ExitStack() as stack:
        for place, *how in places:
            run("mount", *how, str(root / place))
            stack.callback(run, "umount", "--lazy", str(root / place))
        yield


def borrow(root: Path) -> None:
    """What was committed last, and how this machine reaches the network, into this root alone."""
    archive = root.parent / "checkout.tar"
    run("git", "-C", str(REPOSITORY), "archive", "--output", str(archive), "HEAD", *PARTS)
    (root / "src").mkdir()
    run("tar", "--extract", "--file", str(archive), "--directory", str(root / "src"))
    for name in ("etc/resolv.conf", "etc/hosts"):
        shutil.copy(Path("/") / name, root / name)
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if bundle.exists():
        (root / "etc/ssl").mkdir(exist_ok=True)
        shutil.copy(bundle, root / "etc/ssl/borrowed.crt")


def megabytes(path: Path) -> int:
    """Disk taken, without what is mounted there."""
    return int(
        run("du", "--summarize", "--block-size=1M", "--one-file-system", str(path)).split()[0]
    )


def _owner(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid


if __name__ == "__main__":
    sys.exit(main())
