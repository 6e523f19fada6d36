"""The time that all requests of one submission may take, across its workers."""

from ...model import limits
from ...model.limits import Limits, TimedOut
from ...model.message import Message


class Budget:
    """The remaining CPU and wall seconds. Otherwise, code that sleeps just below the limit of each
    request could keep a judge for half an hour."""

    def __init__(self, given: Limits) -> None:
        self._total = self._cpu = given.total
        self._wall = limits.WALL * given.total

    def allow(self, seconds: float) -> tuple[float, float]:
        """Return CPU and wall seconds for a request that may compute for `seconds`.

        Raises TimedOut where nothing is left.
        """
        if self.spent:
            raise self.error()
        return min(seconds, self._cpu), min(limits.WALL * seconds, self._wall)

    def spend(self, cpu: float, wall: float) -> None:
        """Subtract the time of a request."""
        self._cpu -= cpu
        self._wall -= wall

    @property
    def spent(self) -> bool:
        """Whether the budget is used up."""
        return min(self._cpu, self._wall) <= 0

    def error(self) -> TimedOut:
        """Say so."""
        return TimedOut(
            Message(
                "your notebook has used up its time for all checks together: {n} s of computing, "
                "or {wall} s in all",
                n=f"{self._total:g}",
                wall=f"{limits.WALL * self._total:g}",
            )
        )
