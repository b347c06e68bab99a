"""Registers: what a device holds is the value in its unit, read in few requests."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.config import BadConfig, parse
from edge.drivers.modbus import ModbusSettings
from edge.drivers.modbus_registers import (
    MAPS,
    REGISTERS_PER_REQUEST_MAX,
    Register,
    number_in,
    registers_for,
    requests_for,
    value_in,
)

registers = st.builds(
    lambda address, type_, order: Register(
        address=address, metric=f"m{address}", unit="Cel", type=type_, word_order=order
    ),
    st.integers(0, 65_000),
    st.sampled_from(["int16", "uint16", "int32", "uint32", "float32"]),
    st.sampled_from(["big", "little"]),
)


@given(registers, st.integers(0, 32_767))
def test_a_value_reads_back_from_its_registers(register: Register, value: int) -> None:
    """The simulated device and the driver agree on every type and word order."""
    raw = registers_for(register, float(value))
    assert len(raw) == register.width
    assert value_in(register, number_in(register, raw)) == value


def test_a_negative_tenth_of_a_degree_is_read_as_the_manual_says() -> None:
    """XY-MD02: 0xFF33 is 20.5 °C below zero."""
    temperature = MAPS["xy-md02"][0]
    assert value_in(temperature, number_in(temperature, [0xFF33])) == -20.5


def test_a_device_that_says_it_has_no_value_has_none() -> None:
    """Missing stays missing, it never becomes 3,276.8 °C."""
    register = Register(address=0, metric="temperature", unit="Cel", absent=(-32_768,))
    assert math.isnan(value_in(register, number_in(register, [0x8000])))


@given(st.lists(registers, min_size=1, max_size=60, unique_by=lambda r: r.address))
def test_every_register_is_in_exactly_one_request(wanted: list[Register]) -> None:
    """Nothing is left out or read twice, and no request is larger than the protocol allows."""
    requests = requests_for(wanted, 1.0)
    read = [register for request in requests for register in request.registers]
    assert sorted(r.metric for r in read) == sorted(r.metric for r in wanted)
    for request in requests:
        assert request.width <= REGISTERS_PER_REQUEST_MAX
        for register in request.registers:
            assert register.address >= request.address
            assert register.address + register.width <= request.address + request.width


def test_neighbours_are_read_together_and_strangers_apart() -> None:
    """One request for a sensor, one more for what is far off or polled at another pace."""
    near = [Register(address=a, metric=f"m{a}", unit="Cel") for a in (0, 1, 5)]
    far = Register(address=500, metric="far", unit="Cel")
    slow = Register(address=2, metric="slow", unit="Cel", poll_s=60)
    assert len(requests_for(near, 1.0)) == 1
    assert len(requests_for([*near, far, slow], 1.0)) == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('device = "a"\nhost = "h"', "name a map or at least one register"),
        (
            'device = "a"\nhost = "h"\nmap = "xy-md2"',
            "map cannot be 'xy-md2'; it is one of climate,",
        ),
        (
            (
                'device = "a"\nhost = "h"\n'
                '[[register]]\naddress = 0\nmetric = "d"\nunit = "/"\ntype = "bit"'
            ),
            "hold bits",
        ),
    ],
)
def test_a_mistake_in_the_settings_is_named(text: str, why: str) -> None:
    """A sentence, not a stack of frames."""
    with pytest.raises(BadConfig, match=why):
        parse('family = "modbus"\n' + text, ModbusSettings)
