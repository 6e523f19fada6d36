"""Hidden checks of ema_update; the oracle computes each number of the average anew.

Modules cannot be sent to a submission. A function of ours makes them there, from tensors, has the
student's function update them, and returns what has become of them.
"""

import torch

from grader.checks import Failure, call, equal, needs, points, question

PARAMETERS, BUFFERS, AFTERWARDS = "parameters (20)", "buffers (9)", "the average (29)"
SHAPES = ((4, 2), (4,), (4,), (4,), (4,), (4,), ())  # of the parameters first, then the buffers


def update(student, average, sources, decay, learning):
    """Update a small network once with each source; all are lists of tensors.

    Returns the parameters and the buffers of the average, both once more after the source has
    changed, and four flags: the source was left alone, the average has its old Parameter objects,
    it is without a graph, and everything learns that did, and nothing else.
    """
    import torch
    from torch import nn

    def network(tensors):
        made = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4))
        for own, given in zip([*made.parameters(), *made.buffers()], tensors, strict=True):
            own.data = given.to(own.dtype if own.dtype == torch.int64 else given.dtype).clone()
        return made

    def flat(tensors):
        return torch.cat([tensor.detach().flatten().double() for tensor in tensors])

    ours, theirs = network(average), network(sources[0])
    ours.requires_grad_(learning[0])
    theirs.requires_grad_(learning[1])
    objects = [id(p) for p in ours.parameters()]
    alone = True
    with torch.enable_grad():
        for source in sources:
            with torch.no_grad():
                own = [*theirs.parameters(), *theirs.buffers()]
                for tensor, given in zip(own, source, strict=True):
                    tensor.copy_(given)
            student.ema_update(ours, theirs, decay)
            now = flat([*theirs.parameters(), *theirs.buffers()])
            alone = alone and torch.equal(now, flat(source))
    kept = flat(ours.parameters()), flat(ours.buffers())
    with torch.no_grad():
        for tensor in (*theirs.parameters(), *theirs.buffers()):
            tensor.fill_(77)
    every = [*ours.parameters(), *ours.buffers()]
    learn = [all(p.requires_grad == due for p in module.parameters()) for module, due in
             zip((ours, theirs), learning, strict=True)]  # fmt: skip
    same = objects == [id(p) for p in ours.parameters()]
    graphs = [tensor.grad_fn is not None for tensor in every]
    return *kept, flat(every), alone, same, not any(graphs), all(learn)


def network(draw):
    """Draw the parameters of the network, and its buffers: means, variances and a count."""
    *numbers, variances = (draw(*shape) for shape in SHAPES[:-1])
    return [*numbers, variances.abs() + 1, draw.integers(1, 50)]


def flat(tensors):
    return torch.cat([tensor.flatten().double() for tensor in tensors])


class Updated:
    """An average before, some sources, and what the student's function makes of the average."""

    def __init__(self, student, draw, updates=1, learning=(False, False), decay=None):
        self.average, self.sources = network(draw), [network(draw) for _ in range(updates)]
        self.decay = float(draw(1).sigmoid() * 0.5 + 0.1) if decay is None else decay

        def ema_update():  # the name that the student reads
            given = self.average, self.sources, self.decay, list(learning)
            return student.beside(update)(*given)

        flags = {"alone": (), "same": (), "no graph": (), "learning": ()}
        shapes = {PARAMETERS: (20,), BUFFERS: (9,), AFTERWARDS: (29,)} | flags
        found = call(ema_update, shapes=shapes)
        self.parameters, self.buffers, self.afterwards = found[:3]
        self.alone, self.same, self.no_graph, self.learning = found[3:]

    @property
    def due(self):
        """The parameters that are due, from the formula for several updates at once."""
        n = len(self.sources)
        shares = [(1 - self.decay) * self.decay ** (n - 1 - k) for k in range(n)]
        numbers = [flat(self.average[:4]), *(flat(source[:4]) for source in self.sources)]
        return sum(s * x for s, x in zip([self.decay**n, *shares], numbers, strict=True))


@question("ema_update")
@points(5)
def test_the_average_follows_the_source(student, draw):
    """Each parameter of the average becomes decay · its own + (1 - decay) · the source's."""
    found = Updated(student, draw)
    if torch.equal(found.parameters, flat(found.average[:4])):
        raise Failure(
            "The parameters of the average are what they were: is a new tensor bound to a local "
            "name, and not written into the old one?"
        )
    equal(found.parameters, found.due, "After one update", PARAMETERS)


@question("ema_update")
@points(1)
@needs(test_the_average_follows_the_source)
def test_the_average_goes_on_from_what_it_is(student, draw):
    """Three updates go on from each other; a decay of 1 or 0 keeps all, or takes all over."""
    for updates, decay in ((3, None), (1, 1.0), (1, 0.0)):
        found = Updated(student, draw, updates, decay=decay)
        said = f"After {updates} update{'s' * (updates > 1)}, with decay={found.decay:.3g}"
        equal(found.parameters, found.due, said, PARAMETERS)


@question("ema_update")
@points(2)
@needs(test_the_average_follows_the_source)
def test_every_buffer_becomes_the_sources(student, draw):
    """Every buffer of the average becomes a copy of the source's, counts included."""
    found = Updated(student, draw)
    equal(found.buffers, flat(found.sources[0][4:]), "Copied from the source", BUFFERS)


@question("ema_update")
@points(2)
@needs(test_the_average_follows_the_source)
def test_the_two_share_no_memory(student, draw):
    """When the source changes later, parameters and buffers of the average stay as they are."""
    found = Updated(student, draw)
    kept = torch.cat([found.parameters, found.buffers])
    equal(found.afterwards, kept, "After the source has changed", AFTERWARDS)


@question("ema_update")
@points(1)
@needs(test_the_average_follows_the_source)
def test_the_source_is_left_alone(student, draw):
    """The parameters and buffers of the source are not changed."""
    if not Updated(student, draw).alone:
        raise Failure("The source is changed in place.")


@question("ema_update")
@points(1)
@needs(test_the_average_follows_the_source)
def test_an_optimizer_still_holds_the_average(student, draw):
    """The average has the same Parameter objects as before."""
    if not Updated(student, draw).same:
        raise Failure("The average has new Parameter objects: change the numbers of the old ones.")


@question("ema_update")
@points(2)
@needs(test_the_average_follows_the_source)
def test_an_update_is_in_no_graph(student, draw):
    """No graph is built, whether the average learns, the source does, or both."""
    for learning in ((True, True), (False, True), (True, False)):
        if not Updated(student, draw, learning=learning).no_graph:
            raise Failure("The average has a graph, which would grow with every update.")


@question("ema_update")
@points(1)
@needs(test_an_update_is_in_no_graph)
def test_what_learns_goes_on_learning(student, draw):
    """requires_grad is what it was, in the average and in the source."""
    for learning in ((True, True), (False, True), (True, False)):
        if not Updated(student, draw, learning=learning).learning:
            raise Failure("The requires_grad of a parameter is not what it was.")
