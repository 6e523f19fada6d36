"""Hidden checks of padding_mask; the oracle counts, sequence by sequence."""

import torch

from grader.checks import Failure, call, call_on_each, equal, needs, points, pure, question

TAKES = ("lengths (B)", "T")
MASK = "mask (B, 1, 1, T)"


def right(lengths, T):
    """Return what is due, as numbers."""
    rows = [[float(t < n) for t in range(T)] for n in lengths.tolist()]
    return torch.tensor(rows, dtype=torch.float64).reshape(-1, 1, 1, T)


def require(found, lengths, T, otherwise):
    """Require that the mask is True for words and False for padding."""
    due = right(lengths, T)
    if torch.equal(found.double(), 1 - due) and not torch.equal(due, 1 - due):
        raise Failure("The mask works the wrong way round: it should be True for words.")
    equal(found.double(), due, otherwise, MASK)


@question("padding_mask")
@points(5)
def test_words_are_true_and_padding_is_false(student, draw):
    """mask (B, 1, 1, T) is True at the first lengths[b] positions of sequence b, else False."""
    lengths, T = torch.tensor([3, 5, 1, 4]), 6
    shapes = {MASK: (4, 1, 1, T)}
    (found,) = call(student.padding_mask, lengths, T, takes=TAKES, shapes=shapes)
    require(found, lengths, T, f"With lengths {lengths.tolist()} and T={T}")


@question("padding_mask")
@points(1)
@needs(test_words_are_true_and_padding_is_false)
def test_a_mask_holds_truth_values(student, draw):
    """The mask is of torch.bool."""
    mask = student.padding_mask(draw.lengths(3, 5), 5)
    if mask.dtype != torch.bool:
        raise Failure(f"The mask holds {mask.dtype}, not torch.bool.")


@question("padding_mask")
@points(1)
@needs(test_words_are_true_and_padding_is_false)
def test_a_mask_may_have_any_sizes(student, draw):
    """One sequence or many, as many as positions, one position, none that fills all T."""
    (many,) = draw.integers(130, 150, 1).tolist()
    each = [(draw.lengths(B, T), T) for B, T in ((1, 5), (5, 5), (3, 1), (1, 1), (many, 9))]
    each += [(torch.tensor([4, 2]), 7), (torch.tensor([5, 5]), 5)]
    shapes = [{MASK: (len(lengths), 1, 1, T)} for lengths, T in each]
    found = call_on_each(student.padding_mask, each, shapes, takes=TAKES)
    for (lengths, T), (mask,) in zip(each, found, strict=True):
        require(mask, lengths, T, f"With B={len(lengths)} and T={T}")


@question("padding_mask")
@points(1)
@needs(test_words_are_true_and_padding_is_false)
def test_lengths_stay_as_they_are(student, draw):
    """The lengths are not changed in place, and calling again gives the same."""

    def padding_mask(lengths):
        return student.padding_mask(lengths, 6)

    pure(padding_mask, draw.lengths(4, 6), takes=TAKES)
