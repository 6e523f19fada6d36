"""Hidden checks of windows, fit_ar and forecast; the oracles go number by number, or ask numpy."""

from functools import partial

import numpy as np
import torch

from grader.checks import (
    agree,
    agree_on_each,
    assuming,
    call,
    call_on_each,
    equal,
    needs,
    points,
    pure,
    question,
)

SERIES = ("x (N)", "tau")
X, Y = CUT = ("X (N - tau, tau)", "y (N - tau)")
W, C = FITTED = ("w (tau)", "c")
AHEAD = ("history (N)", "w (tau)", "c", "steps")
PREDICTIONS = "predictions (steps)"
forecasts_agree = partial(agree, takes=AHEAD, returns=(PREDICTIONS,))
forecasts_agree_on_each = partial(agree_on_each, takes=AHEAD, returns=(PREDICTIONS,))

with_right_windows = assuming(
    windows="""
import torch

def windows(x, tau):
    n = len(x) - tau
    return torch.stack([x[k : k + n] for k in range(tau)], dim=1), x[tau:]
"""
)


def cut(x, tau):
    """Return all windows and what follows them, one number after the other."""
    rows = [torch.stack([x[n + k] for k in range(tau)]) for n in range(len(x) - tau)]
    return torch.stack(rows), torch.stack([x[n + tau] for n in range(len(x) - tau)])


@question("windows")
@points(1)
def test_there_is_a_window_for_each_target(student, draw):
    """windows returns X, with N - tau rows of tau values, and y, with N - tau values."""
    call(student.windows, draw(9), 3, takes=SERIES, shapes={X: (6, 3), Y: (6,)})


@question("windows")
@points(4)
@needs(test_there_is_a_window_for_each_target)
def test_a_window_holds_values_in_order(student, draw):
    """Row n of X holds tau values from place n on, oldest first."""
    x = draw(9)
    found, _ = call(student.windows, x, 3, takes=SERIES, shapes={X: (6, 3), Y: (6,)})
    equal(found, cut(x, 3)[0], "Of 9 values and tau = 3", X)


@question("windows")
@points(4)
@needs(test_there_is_a_window_for_each_target)
def test_the_target_stands_right_behind_its_window(student, draw):
    """y[n] is the value right behind window n, and stands in it nowhere."""
    x = draw(9)
    _, y = call(student.windows, x, 3, takes=SERIES, shapes={X: (6, 3), Y: (6,)})
    equal(y, cut(x, 3)[1], "Of 9 values and tau = 3", Y)


@question("windows")
@points(2)
@needs(test_a_window_holds_values_in_order, test_the_target_stands_right_behind_its_window)
def test_windows_may_be_short_and_long(student, draw):
    """A window of one value, or of all but the last; two values; gradients pass."""
    (many,) = draw.integers(130, 150, 1).tolist()
    each = [(draw(N), tau) for N, tau in ((5, 1), (5, 4), (2, 1), (8, 4), (many, 3))]
    agree_on_each(student.windows, cut, each, takes=SERIES, returns=CUT)


@question("windows")
@points(1)
@needs(test_a_window_holds_values_in_order, test_the_target_stands_right_behind_its_window)
def test_the_series_stays_as_it_is(student, draw):
    """The series is not changed in place."""
    pure(lambda x: student.windows(x, 3), draw(9), takes=("x",))


def fitted(x, tau):
    """Return what numpy's least squares finds, with a column of ones."""
    x = x.numpy()
    rows = [[*x[n : n + tau], 1.0] for n in range(len(x) - tau)]
    *w, c = np.linalg.lstsq(np.array(rows), x[tau:], rcond=None)[0]
    return torch.tensor(np.array(w)), torch.tensor(c)


def centred(draw, tau, period=7, times=4):
    """Draw a series of which all columns of windows, and what follows them, have the mean 0."""
    pattern = draw(period)
    return (pattern - pattern.mean()).repeat(times + 1)[: period * times + tau]


def fit(student, x, tau):
    """Return the student's weights and constant, and require their shapes."""
    return call(student.fit_ar, x, tau, takes=SERIES, shapes={W: (tau,), C: ()})


@question("fit_ar")
@points(1)
@with_right_windows
def test_a_fit_has_weights_and_a_constant(student, draw):
    """fit_ar returns w, with tau weights, and c, one number."""
    fit(student, draw(30), 3)


@question("fit_ar")
@points(6)
@needs(test_a_fit_has_weights_and_a_constant)
@with_right_windows
def test_the_weights_make_the_squares_smallest(student, draw):
    """In a series about 0, w are the weights of least squares, that of the newest value last."""
    x = centred(draw, 3)
    w, _ = fit(student, x, 3)
    equal(w, fitted(x, 3)[0], "By least squares", W)


@question("fit_ar")
@points(4)
@needs(test_the_weights_make_the_squares_smallest)
@with_right_windows
def test_the_constant_is_fitted_as_well(student, draw):
    """In a series about another value, weights and constant are those of the best fit."""
    x = draw(40) + 4 + float(draw(1).abs())
    w, c = fit(student, x, 3)
    due_w, due_c = fitted(x, 3)
    equal(w, due_w, "With values about 5", W)
    equal(c, due_c, "With values about 5", C)


@question("fit_ar")
@points(2)
@needs(test_the_constant_is_fitted_as_well)
@with_right_windows
def test_any_order_can_be_fitted(student, draw):
    """One weight, many weights, as few windows as will do, many values."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((20, 1), (60, 8), (9, 3), (many, 2))
    series = [draw(N) + 1 for N, _ in sizes]
    each = [(x, tau) for x, (_, tau) in zip(series, sizes, strict=True)]
    shapes = [{W: (tau,), C: ()} for _, tau in sizes]
    found = call_on_each(student.fit_ar, each, shapes, takes=SERIES)
    for (x, tau), (w, c) in zip(each, found, strict=True):
        due_w, due_c = fitted(x, tau)
        said = f"With {len(x)} values and tau = {tau}"
        equal(w, due_w, said, W)
        equal(c, due_c, said, C)


@question("fit_ar")
@points(1)
@needs(test_the_constant_is_fitted_as_well)
@with_right_windows
def test_a_fit_leaves_nothing_to_chance(student, draw):
    """The series is not changed in place, and calling again gives the same."""
    pure(lambda x: student.fit_ar(x, 2), draw(20), takes=("x",))


def predicted(history, w, c, steps):
    """Return the predictions, each written behind the history that the next one looks at."""
    known = list(history.unbind())
    for _ in range(steps):
        last = known[len(known) - len(w) :]
        known.append(c + sum(weight * value for weight, value in zip(w, last, strict=True)))
    return torch.stack(known[len(history) :])


def ahead(draw, N=6, tau=3, steps=5):
    """Draw a history, weights, a constant; and how many steps."""
    return draw(N), draw(tau, scale=0.7), draw(), steps


@question("forecast")
@points(1)
def test_every_step_has_a_prediction(student, draw):
    """forecast returns one prediction for each step."""
    call(student.forecast, *ahead(draw), takes=AHEAD, shapes={PREDICTIONS: (5,)})


@question("forecast")
@points(3)
@needs(test_every_step_has_a_prediction)
def test_the_first_prediction_is_that_of_the_last_window(student, draw):
    """The first prediction is w · the last tau values, in the order of time, plus c."""
    history, w, c, _ = ahead(draw, N=3)
    with torch.no_grad():
        forecasts_agree(student.forecast, predicted, history, w, c, 1)


@question("forecast")
@points(5)
@needs(test_the_first_prediction_is_that_of_the_last_window)
def test_predictions_are_fed_back(student, draw):
    """Each further prediction comes from the window that ends with the prediction before it."""
    with torch.no_grad():
        forecasts_agree(student.forecast, predicted, *ahead(draw, N=3))


@question("forecast")
@points(1)
@needs(test_predictions_are_fed_back)
def test_a_longer_history_will_do(student, draw):
    """Of a history that is longer than tau, the last tau values make the first window."""
    with torch.no_grad():
        forecasts_agree(student.forecast, predicted, *ahead(draw))


@question("forecast")
@points(2)
@needs(test_predictions_are_fed_back)
def test_gradients_pass_through_the_predictions(student, draw):
    """Gradients for history, w and c are right, also by way of predictions that were fed back."""
    forecasts_agree(student.forecast, predicted, *ahead(draw, N=3))


@question("forecast")
@points(1)
@needs(test_a_longer_history_will_do)
def test_forecasts_of_any_length(student, draw):
    """One weight, one step, more steps than values, many steps."""
    (many,) = draw.integers(66, 80, 1).tolist()
    sizes = ((1, 1, 3), (4, 1, 1), (5, 5, 9), (2, 2, 2), (80, 3, 2), (70, 60, 3))
    swing = torch.tensor([-1.0, float(draw().sigmoid())], dtype=torch.float64)  # for ever
    with torch.no_grad():
        each = [(h, w / 2, c, n) for h, w, c, n in (ahead(draw, *size) for size in sizes)]
        each.append((draw(4), swing, draw(), many))
        forecasts_agree_on_each(student.forecast, predicted, each)


@question("forecast")
@points(1)
@needs(test_predictions_are_fed_back)
def test_the_history_stays_as_it_is(student, draw):
    """Neither history nor weights are changed in place, and calling again gives the same."""
    history, w, c, steps = ahead(draw)
    pure(lambda *x: student.forecast(*x, steps), history, w, c, takes=AHEAD)
