"""Checks compute in float64 and draw their inputs, and so do these tests."""

from collections.abc import Iterator

import pytest
import torch

from grader.compare.draw import Draw


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def draw() -> Draw:
    return Draw(b"test")
