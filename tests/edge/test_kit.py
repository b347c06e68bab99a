"""The driver kit: the template passes, each mistake fails the check that is about it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.driver import DeviceLost
from edge.drivers.driver_file import driver_class_in, load
from edge.drivers.file import File, FileSettings
from edge.kit import suite, template
from edge.kit.bench import CheckFailed, first_expected, plugged
from edge.kit.suite import Check

TEMPLATE = Path(template.__file__)
MENDED = TEMPLATE.read_text() + "\n# mended\n"


def kit(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the kit as its users do."""
    command = [sys.executable, "-m", "edge.kit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def changed(folder: Path, before: str, after: str) -> Path:
    """A copy of the template with a mistake in it."""
    text = TEMPLATE.read_text()
    assert before in text
    path = folder / "weighbridge.py"
    path.write_text(text.replace(before, after))
    return path


def test_the_template_that_is_printed_passes(tmp_path: Path) -> None:
    """Whoever starts from it starts with a driver that works."""
    printed = kit("--template").stdout
    (tmp_path / "mine.py").write_text(printed)
    told = kit(str(tmp_path / "mine.py"))
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{len(suite.CHECKS)} of {len(suite.CHECKS)} checks passed" in told.stdout


def test_a_failed_check_is_named_with_its_reason(tmp_path: Path) -> None:
    """One line each, and an exit code for scripts."""
    told = kit(str(changed(tmp_path, "device=s.device, family", 'device="other", family')))
    assert told.returncode == 1
    assert "FAILED  names its device: it calls itself 'other'" in told.stdout
    assert "6 of 7 checks passed" in told.stdout


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("DRIVER = Weighbridge\n", "", "it needs DRIVER = "),
        ("BENCH = Bench\n", "", "no BENCH to plug"),
    ],
)
def test_a_file_that_cannot_be_checked_says_why(
    tmp_path: Path, before: str, after: str, why: str
) -> None:
    """In one sentence, without a traceback."""
    told = kit(str(changed(tmp_path, before, after)))
    assert told.returncode == 2
    assert why in told.stdout
    assert "Traceback" not in told.stderr


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("check", "before", "after", "why"),
    [
        (
            suite.says_what_its_device_says,
            "device=self._settings.device,",
            'device="other",',
            "speaks for other",
        ),
        (
            suite.says_what_its_device_says,
            "at = self._clock.utc_now()",
            "at = self._clock.utc_now().replace(tzinfo=None)",
            "no time zone",
        ),
        (
            suite.loses_an_absent_device,
            'raise DeviceLost(f"no weighbridge',
            'raise RuntimeError(f"no weighbridge',
            "RuntimeError",
        ),
        (
            suite.finds_its_device_again,
            'raise DeviceLost("the connection broke, or this is no weighbridge") from error',
            "return",
            "ends without DeviceLost",
        ),
        (
            suite.stops_with_the_agent,
            "except (OSError, asyncio.Inc",
            "except (OSError, asyncio.CancelledError, asyncio.Inc",
            "cancelled, it raises DeviceLost",
        ),
        (
            suite.leaves_the_loop_free,
            'await reader.readuntil(b"\\n")',
            'await reader.readuntil(b"\\n"); __import__("time").sleep(2.5)',
            "blocks the event loop",
        ),
    ],
)
async def test_each_mistake_fails_its_check(
    tmp_path: Path, check: Check, before: str, after: str, why: str
) -> None:
    """The suite would notice: it is no list of formalities."""
    module = load(changed(tmp_path, before, after))
    bench = module.BENCH(tmp_path)
    with pytest.raises(CheckFailed, match=why):
        await check(bench, driver_class_in(module)(bench.settings, SystemClock()))


def own(path: Path, **options: object) -> File:
    """A device of the family `file`."""
    return File(FileSettings(device="scale", path=str(path), options=options), SystemClock())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "missing required field `host`"),
        ({"host": "127.0.0.1", "prot": 1}, "prot"),
        ({"host": "127.0.0.1", "port": 0}, "port"),
    ],
)
async def test_wrong_options_lose_the_device_with_the_mistake(
    options: dict[str, object], why: str
) -> None:
    """The other devices of the agent are not concerned."""
    with pytest.raises(DeviceLost, match=why):
        async with own(TEMPLATE, **options).open():
            pass


@pytest.mark.anyio
async def test_a_driver_that_everybody_may_write_is_not_run(tmp_path: Path) -> None:
    """It would run with the rights of the agent."""
    path = changed(tmp_path, "DRIVER = ", "raise SystemExit\nDRIVER = ")
    await asyncio.to_thread(path.chmod, 0o646)
    with pytest.raises(DeviceLost, match="everybody may write"):
        async with own(path).open():
            pass


@pytest.mark.anyio
async def test_a_driver_that_was_mended_is_used_at_the_next_try(tmp_path: Path) -> None:
    """Nobody has to restart the agent for it."""
    bench = template.Bench(tmp_path)
    path = changed(tmp_path, "DRIVER = Weighbridge\n", "")
    driver = own(path, host=bench.settings.host, port=bench.settings.port)
    async with plugged(bench):
        with pytest.raises(DeviceLost, match="it needs DRIVER"):
            await first_expected(bench, driver)
        await asyncio.to_thread(path.write_text, MENDED)
        assert bench.is_expected(await first_expected(bench, driver))


@pytest.mark.parametrize(
    ("settings", "extra"),
    [
        ('nmea.Nmea(nmea.NmeaSettings(device="a", serial="/dev/ttyS0"), clock)', "serial"),
        (
            (
                "modbus_rtu.ModbusRtu(modbus_rtu.ModbusRtuSettings("
                'device="a", serial="/dev/ttyS0", map="door"), clock)'
            ),
            "serial",
        ),
        ('dicom.Dicom(dicom.DicomSettings(device="a", folder="/tmp"), clock)', "dicom"),
    ],
)
def test_a_missing_package_is_one_sentence_that_says_what_to_install(
    settings: str, extra: str
) -> None:
    """The agent itself starts without: a small box installs only what it needs."""
    program = f"""
import asyncio, sys
sys.modules["serial"] = sys.modules["pydicom"] = None
import edge.agent
from contract.clock import SystemClock
from edge.driver import DeviceLost
from edge.drivers import dicom, modbus_rtu, nmea
clock = SystemClock()
async def main():
    try:
        async with {settings}.open():
            pass
    except DeviceLost as error:
        print(error)
asyncio.run(main())
"""
    command = [sys.executable, "-c", program]
    told = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert told.stdout.endswith(f"pip install 'greenlane[{extra}]'\n"), told.stderr
