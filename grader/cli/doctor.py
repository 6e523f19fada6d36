"""Check this machine's sandbox: list its layers and try to escape through each."""

from rich.console import Console
from rich.table import Table

from ..model.limits import Limits, OutOfMemory, StudentError, TimedOut
from ..model.subject import Beginning
from ..sandbox.guest.layer import Layer
from ..sandbox.host import isolation
from ..sandbox.host.attempts import attack, leaks
from ..sandbox.host.loaded import Loaded
from ..sandbox.host.sandbox import OUTPUT_BYTES, SandboxError
from ..sandbox.host.student import Student
from ..sandbox.host.zygote import Zygote

EXHAUSTION = """
def memory(): return [bytearray(1 << 20) for _ in range(100_000)]
def time():
    while True: pass
def output(): return print("x" * (1 << 24))
"""
STOPPED = "[green]stopped[/]"


def examine(console: Console) -> bool:
    """Print what holds and what does not; return whether submissions are contained."""
    try:
        with Zygote(unsafe=True) as zygote:
            attempts = attack(zygote)
            exhausted = exhaust(zygote)
            layers = zygote.layers
    except SandboxError as error:
        console.print(f"[red]✗[/] {error}")
        return False
    walls = Table("layer", "", "takes away, or how to get it", title="Walls around a submission")
    for layer in Layer:
        if layer in layers:
            walls.add_row(layer.described(), "[green]✓[/]", layer.takes_away)
        else:
            walls.add_row(layer.value, "[yellow]–[/]", layer.remedy)
    console.print(walls)
    known = leaks(layers)
    remedies = [known[a.name] for a in attempts if a.inside and a.name in known]
    table = Table("attempt to", "in the sandbox", "outside", title="Attempts to break out")
    for attempt in attempts:
        inside = "[yellow]known leak[/]" if attempt.name in known else "[red]SUCCEEDED[/]"
        outside = "succeeds" if attempt.outside else "[dim]fails here, too[/]"
        table.add_row(attempt.sentence, inside if attempt.inside else STOPPED, outside)
    for name, held in exhausted.items():
        table.add_row(f"use up the {name}", STOPPED if held else "[red]SUCCEEDED[/]", "")
    console.print(table)
    for remedy in remedies:
        console.print(f"[yellow]![/] {remedy}.")
    broken = sum(bool(a.inside) for a in attempts) > len(remedies)
    sound = isolation.enough(layers) and all(exhausted.values()) and not broken
    if sound:
        console.print("[green]✓[/] This machine can keep submissions locked in.")
    else:
        console.print("[red]✗[/] Do not grade on this machine: see the red lines above.")
    return sound


def exhaust(zygote: Zygote) -> dict[str, bool]:
    """Use up memory, time and output; return for each whether a limit stopped it."""
    names, limits = ("memory", "time", "output"), Limits(seconds=1, memory_mb=256)
    loaded = Loaded(zygote, EXHAUSTION.encode(), names, limits)
    student = Student(loaded)
    held = {"memory": False, "time": False}
    for name, limit in (("memory", OutOfMemory), ("time", TimedOut)):
        try:
            student.begin(Beginning())
            getattr(student, name)()
        except limit:
            held[name] = True
        except StudentError:
            pass
    student.begin(Beginning())
    student.output()
    held["output"] = len(loaded.close()) <= OUTPUT_BYTES
    return held
