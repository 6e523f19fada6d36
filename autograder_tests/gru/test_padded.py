"""Hidden checks of the questions on padding; the oracles go through the sequences one by one."""

import torch

from grader.checks import agree, agree_on_each, call, equal, needs, points, pure, question

LENGTHS = "lengths (B)"
TURNED = "the result (B, T, d)"
PICKED = "states (B, 2H)"
REVERSE = ("x (B, T, d)", LENGTHS)
PICK = ("out (B, T, 2H)", LENGTHS)


def one_by_one(x, lengths):
    """Turn the real part of each sequence round."""
    return torch.stack(
        [torch.cat([s[:n].flip(0), s[n:]]) for s, n in zip(x, lengths.tolist(), strict=True)]
    )


def both_ends(out, lengths):
    """Pick where each sequence ends forwards, and where it ends in reverse."""
    H = out.shape[-1] // 2
    pairs = zip(out, lengths.tolist(), strict=True)
    return torch.stack([torch.cat([s[:n][-1][:H], s[0][H:]]) for s, n in pairs])


def three(draw):
    """Draw the lengths of three sequences of five steps: all differ, and one has one step."""
    lengths = torch.tensor([5, 3, 1])
    return lengths[torch.tensor(draw.sizes(3, 0, 2))]


@question("reverse_padded")
@points(1)
def test_turning_keeps_the_shape(student, draw):
    """The result has the shape of x."""
    given = draw(3, 5, 2), three(draw)
    call(student.reverse_padded, *given, takes=REVERSE, shapes={TURNED: (3, 5, 2)})


@question("reverse_padded")
@points(6)
@needs(test_turning_keeps_the_shape)
def test_the_real_part_is_turned_round(student, draw):
    """Steps before the length are turned round, those behind it stay where they are."""
    x, lengths = draw(3, 5, 2), three(draw)
    shapes = {TURNED: x.shape}
    (found,) = call(student.reverse_padded, x, lengths, takes=REVERSE, shapes=shapes)
    equal(found, one_by_one(x, lengths), "Of three sequences, two with padding", TURNED)


@question("reverse_padded")
@points(2)
@needs(test_the_real_part_is_turned_round)
def test_sequences_may_be_of_any_length(student, draw):
    """All of full length, all of one step; as many sequences as steps; one sequence; a hundred."""
    (many,) = draw.integers(130, 150, 1).tolist()
    each = [
        (draw(3, 4, 2), torch.full((3,), 4)),
        (draw(3, 4, 2), torch.ones(3, dtype=torch.int64)),
        (draw(4, 4, 4), draw.lengths(4, 4)),
        (draw(1, 4, 2), torch.tensor([3])),
        (draw(3, 1, 2), torch.ones(3, dtype=torch.int64)),
        (draw(many, 3, 1), draw.lengths(many, 3)),
    ]
    with torch.no_grad():
        agree_on_each(student.reverse_padded, one_by_one, each, takes=REVERSE, returns=(TURNED,))


@question("reverse_padded")
@points(1)
@needs(test_the_real_part_is_turned_round)
def test_steps_may_hold_anything(student, draw):
    """A step may be one number, a token or a matrix."""
    lengths = three(draw)
    for x in (draw(3, 5), draw.integers(0, 100, 3, 5), draw(3, 5, 2, 4)):
        takes = ("x (B, T, …)", LENGTHS)
        shapes = {"the result (B, T, …)": x.shape}
        (found,) = call(student.reverse_padded, x, lengths, takes=takes, shapes=shapes)
        said = f"With steps of shape {tuple(x.shape[2:])}"
        equal(found, one_by_one(x, lengths).double(), said, "the result (B, T, …)")


@question("reverse_padded")
@points(1)
@needs(test_the_real_part_is_turned_round)
def test_gradients_are_turned_back(student, draw):
    """The gradient of each step arrives where that step came from."""
    given = draw(3, 5, 2), three(draw)
    agree(student.reverse_padded, one_by_one, *given, takes=REVERSE, returns=(TURNED,))


@question("reverse_padded")
@points(1)
@needs(test_the_real_part_is_turned_round)
def test_turning_makes_a_new_tensor(student, draw):
    """x and lengths are not changed in place, and calling again gives the same."""
    pure(student.reverse_padded, draw(3, 5, 2), three(draw), takes=REVERSE)


@question("last_states")
@points(1)
def test_every_sequence_has_its_last_states(student, draw):
    """Every sequence gets 2H features."""
    given = draw(3, 5, 8), three(draw)
    call(student.last_states, *given, takes=PICK, shapes={PICKED: (3, 8)})


def picked(student, out, lengths):
    """Return the student's states, and require their shape."""
    shapes = {PICKED: (len(out), out.shape[-1])}
    (found,) = call(student.last_states, out, lengths, takes=PICK, shapes=shapes)
    return found


@question("last_states")
@points(4)
@needs(test_every_sequence_has_its_last_states)
def test_forwards_a_sequence_ends_at_its_length(student, draw):
    """The first H features are those at step lengths - 1 of each sequence."""
    out, lengths = draw(3, 5, 8), three(draw)
    found, due = picked(student, out, lengths), both_ends(out, lengths)
    equal(found[:, :4], due[:, :4], "Of the direction forwards", "states[:, :H] (B, H)")


@question("last_states")
@points(4)
@needs(test_every_sequence_has_its_last_states)
def test_in_reverse_a_sequence_ends_at_step_0(student, draw):
    """The last H features are those at step 0 of each sequence."""
    out, lengths = draw(3, 5, 8), three(draw)
    found, due = picked(student, out, lengths), both_ends(out, lengths)
    equal(found[:, 4:], due[:, 4:], "Of the reverse direction", "states[:, H:] (B, H)")


@question("last_states")
@points(1)
@needs(test_forwards_a_sequence_ends_at_its_length, test_in_reverse_a_sequence_ends_at_step_0)
def test_states_are_picked_from_any_sizes(student, draw):
    """As many sequences as steps, one sequence, one step, one feature, a hundred sequences."""
    (many,) = draw.integers(130, 150, 1).tolist()
    each = [
        (draw(4, 4, 4), draw.lengths(4, 4)),
        (draw(1, 5, 6), torch.tensor([3])),
        (draw(3, 1, 2), torch.ones(3, dtype=torch.int64)),
        (draw(1, 1, 2), torch.ones(1, dtype=torch.int64)),
        (draw(many, 3, 2), draw.lengths(many, 3)),
        (draw(3, 5, 4), torch.full((3,), 5)),
    ]
    with torch.no_grad():
        agree_on_each(student.last_states, both_ends, each, takes=PICK, returns=(PICKED,))


@question("last_states")
@points(1)
@needs(test_forwards_a_sequence_ends_at_its_length, test_in_reverse_a_sequence_ends_at_step_0)
def test_gradients_reach_the_last_states_alone(student, draw):
    """The gradient arrives where the states were picked, and nowhere else."""
    agree(student.last_states, both_ends, draw(3, 5, 8), three(draw), takes=PICK, returns=(PICKED,))


@question("last_states")
@points(1)
@needs(test_forwards_a_sequence_ends_at_its_length)
def test_picking_leaves_everything_as_it_was(student, draw):
    """out and lengths are not changed in place, and calling again gives the same."""
    pure(student.last_states, draw(3, 5, 8), three(draw), takes=PICK)
