"""How much memory a whole agent takes: it shares a small box with nothing, and that with little."""

import subprocess
import sys
from pathlib import Path

from simulators.scanner import picture_of

RSS_MB_MAX = 200
PICTURES = 12

PROGRAM = """
import asyncio, sys
from pathlib import Path
from contract.clock import SystemClock
from contract.links.memory import Hub
from contract.signing import Key
from edge import agent
from edge.config import AgentConfig
from edge.drivers.scan_folder import ScanFolderSettings
from edge.identity import StateDir

async def main(folder, pictures):
    state = StateDir(folder.parent / "state")
    Key.load_or_make(state.key)
    state.gateway.write_text(Key.make().public.hex())
    scanner = ScanFolderSettings(device="scanner", folder=str(folder), poll_s=0.05)
    config = AgentConfig(
        post="KEMBA", name="gate-2", state_dir=str(state.path), device=(scanner,)
    )
    running = asyncio.ensure_future(agent.run(config, Hub().dial, clock=SystemClock()))
    async with asyncio.timeout(60):
        while len(list((folder / "done").glob("*.png"))) < pictures and not running.done():
            await asyncio.sleep(0.1)
    running.cancel()
    await asyncio.wait({running})
    status = Path("/proc/self/status").read_text()
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
    print(sorted({name.split(".")[0] for name in sys.modules} & {"torch", "fastapi", "duckdb"}))

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


def test_an_agent_with_its_model_stays_small(tmp_path: Path) -> None:
    """At its peak, after a dozen pictures; and nothing of the gateway or of training is loaded."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for seed in range(PICTURES):
        (folder / f"{seed:010d}.png").write_bytes(picture_of(seed, None))
    command = [sys.executable, "-c", PROGRAM, str(folder), str(PICTURES)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert ended.returncode == 0, ended.stderr
    peak_kb, foreign = ended.stdout.splitlines()
    assert int(peak_kb) / 1024 < RSS_MB_MAX
    assert foreign == "[]"
    assert len(list((folder / "done").glob("*.png"))) == PICTURES
