# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib", "scikit-learn"]
#
# [tool.grader]
# title = "Sliding a kernel, forwards and backwards"
# learns = "What a convolution is, with channels, padding and stride; and its way back, by hand."
# hours = 4
# level = 2
# builds_on = ["graph"]
#
# [tool.grader.forbid]
# cross_correlate = ["torch.nn.functional.conv*", "torch.nn.Conv*"]
# convolve = ["torch.nn.functional.conv*", "torch.nn.Conv*"]
# toeplitz = ["torch.nn.functional.conv*", "torch.nn.Conv*"]
# conv1d = ["torch.nn.functional.conv*", "torch.nn.Conv*"]
# conv2d = ["torch.nn.functional.conv*", "torch.nn.Conv*"]
# conv2d_backward = [
#     "torch.nn.functional.conv*", "torch.nn.Conv*", "torch.nn.grad.*",
#     "torch.ops.aten.convolution_backward", "torch.autograd",
# ]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# A small window slides over a picture. At each place, the numbers under it are multiplied by the
# numbers of a *kernel* and added up: one number for each place. With one kernel you get edges, with
# another a blur, and a network that may choose its kernels itself reads handwriting
# ([LeCun et al. 1989](https://doi.org/10.1162/neco.1989.1.4.541)). In this notebook you write that
# operation, first on a single picture, then on batches with channels, padding and stride. Then you
# write the way back, and have a kernel learn with it.
#
# Torch's own convolutions are off limits, forwards and backwards. Everything else is not: slices,
# loops, `einsum`, `Tensor.unfold`, `as_strided`, `F.pad`, `F.unfold` and `F.fold` are all fine. In
# part 7, torch must not differentiate for you, either.
#
# Letters for shapes, used throughout:
#
# | letter | meaning |
# |---|---|
# | $B$ | batch: how many pictures at once |
# | $C$ | channels of the input, such as red, green and blue |
# | $O$ | channels of the output: there is one kernel for each |
# | $H, W$ | height and width of the input |
# | $K, L$ | height and width of the kernel |
# | $N$ | length of an input that has one direction only |
#
# A kernel need not be square, and neither need a picture. Code that takes $K$ for $L$ or $H$ for
# $W$ runs for months before anybody notices.

# %%
import torch
from torch import nn

# %% [markdown]
# ## 1. Correlation
#
# Lay the kernel on the upper left corner of the picture. Its entry $(1, 1)$ lies on the picture's
# entry $(1, 1)$. Multiply what lies on each other, add it all up, and move on. In Python's counting
#
# $$y_{rs} = \sum_{i=0}^{K-1} \sum_{j=0}^{L-1} k_{ij}\; x_{r+i,\; s+j}$$
#
# This is called **cross-correlation**, and it measures how much the picture looks like the kernel
# at each place.
#
# **How many places are there?** The kernel's upper end can stand in row $0$, and last in row
# $H - K$, where its lower end meets that of the picture. These are $H - K + 1$ rows. A kernel as
# large as the picture fits once.
#
# You may go through the places of the output and sum over the kernel, or go through the kernel and
# add whole shifted pictures. Both are right, and the second has far fewer rounds.


# %% question="cross_correlate"
def cross_correlate(x, k):
    """Slide a kernel over a picture, wherever it fits as a whole.

    x: (H, W). k: (K, L), with K ≤ H and L ≤ W. Both stay as they are.

    Returns (H - K + 1, W - L + 1). Gradients reach x and k.
    """
    # BEGIN SOLUTION
    (H, W), (K, L) = x.shape, k.shape
    rows, columns = H - K + 1, W - L + 1
    out = 0
    for i in range(K):
        for j in range(L):
            out = out + k[i, j] * x[i : i + rows, j : j + columns]
    return out
    # END SOLUTION


# %% tags=["check"]
def nine():
    """Return the picture 1 2 3, 4 5 6, 7 8 9."""
    return torch.arange(1.0, 10.0).reshape(3, 3)


def four():
    """Return the kernel 0 1, 2 3."""
    return torch.arange(4.0).reshape(2, 2)


def require(found, due, what="it"):
    """Require the numbers on paper, up to rounding."""
    due = torch.tensor(due)
    right = found.shape == due.shape and bool((found - due).abs().max() < 1e-4)
    assert right, f"{what} should be {due.tolist()}, yours is {found.tolist()}"


def test_four_places_on_paper(student):
    """The first is 0·1 + 1·2 + 2·4 + 3·5 = 25: see the numbers in this check."""
    # Hint: Print for the first place which numbers of the picture you multiply by 0, 1, 2 and 3:
    #   they should be 1, 2, 4 and 5.
    # Hint: If the first one is right, look at how you get to the next: one column further, not one
    #   kernel.
    require(student.cross_correlate(nine(), four()), [[25.0, 31.0], [43.0, 49.0]])


def test_a_kernel_as_large_as_the_picture_fits_once(student):
    """1² + 2² + … + 9² is 285, in a picture of one entry."""
    require(student.cross_correlate(nine(), nine()), [[285.0]])


def test_neither_need_be_square(student):
    """A kernel of 2 × 4 fits on a picture of 5 × 6 at 4 × 3 places."""
    require(student.cross_correlate(torch.ones(5, 6), torch.ones(2, 4)), [[8.0] * 3] * 4)


# %% [markdown]
# ## 2. Convolution
#
# What mathematicians call **convolution** puts the kernel's entry $(1, 1)$ on the window's *last*
# entry, and its last entry on the first: for a kernel of $3 \times 3$, $(1, 1)$ meets $(3, 3)$.
#
# $$y_{rs} = \sum_{i=0}^{K-1} \sum_{j=0}^{L-1} k_{ij}\; x_{r + K - 1 - i,\; s + L - 1 - j}$$
#
# So a convolution is the correlation with a kernel that was **turned by 180°**. That is not
# transposing it, which mirrors it at a diagonal, and it is not turning it over in one direction
# only.
#
# **Why would anybody want that?** Take a picture that is 0 but for a single 1. The convolution
# stamps the kernel there *as it is*; the correlation stamps it upside down. And if two kernels are
# convolved one after the other, the order does not matter.
#
# **The trap is the name.** `torch.nn.Conv2d` and all of its kind compute a *correlation*: where a
# kernel is learned, it can just as well be learned the other way round. The turn comes back in
# part 7, on the way back.


# %% question="convolve"
def convolve(x, k):
    """Convolve a picture with a kernel, wherever the kernel fits as a whole.

    x: (H, W). k: (K, L), with K ≤ H and L ≤ W. Both stay as they are.

    Returns (H - K + 1, W - L + 1). Gradients reach x and k.
    """
    # BEGIN SOLUTION
    return cross_correlate(x, k.flip(0, 1))
    # END SOLUTION


# %% tags=["check"]
def test_the_same_places_with_a_turned_kernel(student):
    """The first is 0·5 + 1·4 + 2·2 + 3·1 = 11: the first of the kernel meets the last."""
    # Hint: Print the kernel with which you go through the picture: 3 2, 1 0.
    require(student.convolve(nine(), four()), [[11.0, 17.0], [29.0, 35.0]])


def test_a_single_one_is_stamped_with_the_kernel(student):
    """Around a single 1, the result is the kernel as it is, and not turned."""
    dot = torch.zeros(3, 5)
    dot[1, 2] = 1
    kernel = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    require(student.convolve(dot, torch.tensor(kernel)), kernel)


def test_turning_means_nothing_to_a_kernel_that_looks_the_same_turned(student):
    """[[1, 2], [2, 1]] turned by 180° is itself: both operations agree, 1 + 4 + 8 + 5 = 18."""
    kernel = torch.tensor([[1.0, 2.0], [2.0, 1.0]])
    require(student.convolve(nine(), kernel), [[18.0, 24.0], [36.0, 42.0]])


# %% [markdown]
# Nothing to write here: both of your functions on four dots and an L, with a kernel in the shape of
# an L. The convolution stamps an L on each dot. The correlation stamps it turned by 180°; and it
# has its brightest point, 6, where the *picture* looks like the kernel.

# %%
import matplotlib.pyplot as plt
from matplotlib.colors import PowerNorm

ell = torch.tensor([[1.0, 0, 0], [1.0, 0, 0], [1.0, 0, 0], [1.0, 1.0, 1.0]])
picture = torch.zeros(18, 26)
for row, column in ((4, 4), (4, 12), (13, 4), (13, 12)):
    picture[row, column] = 1
picture[7:11, 19:22] = ell

shown = {
    "kernel": ell, "picture": picture, "cross_correlate": cross_correlate(picture, ell),
    "convolve": convolve(picture, ell),
}  # fmt: skip
figure, axes = plt.subplots(
    1, 4, figsize=(11, 2.8), width_ratios=[8, 26, 24, 24], layout="constrained"
)
for panel, (name, values) in zip(axes, shown.items(), strict=True):
    panel.imshow(values, cmap="magma", norm=PowerNorm(0.6, vmin=0, vmax=6))
    panel.set(title=name, xticks=[], yticks=[])
plt.show()

# %% [markdown]
# ## 3. How large is the output?
#
# Two numbers change how the kernel walks.
#
# * **Padding** $p$ puts $p$ zeros on *both* ends before it starts, so the kernel can stand half
#   outside. The input is then as long as $n + 2p$.
# * **Stride** $s$ is the length of its steps: it stands at $0, s, 2s, \dots$
#
# The first place is $0$, the last possible one $n + 2p - k$. Between them there is room for
# $(n + 2p - k) / s$ steps, rounded *down* since a kernel that hangs out does not count; and there
# is one more place than there are steps, as with the posts of a fence:
#
# $$\left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1$$
#
# Where the stride does not divide, the last few entries of the input are never looked at. That is
# allowed, and gets important in part 7.


# %% question="output_size"
def output_size(size, kernel, padding=0, stride=1):
    """Count the places where a kernel fits, in one direction.

    size, kernel: whole numbers of at least 1; the kernel is not longer than size + 2 · padding.
    padding: zeros at each end, 0 or more. stride: the length of a step, at least 1.

    Returns a whole number.
    """
    # BEGIN SOLUTION
    return (size + 2 * padding - kernel) // stride + 1
    # END SOLUTION


# %% tags=["check"]
def test_places_that_you_can_count(student):
    """5 with a kernel of 3 has three places; 28 with 5 and a padding of 2 stays 28."""
    for given, due in (((5, 3), 3), ((6, 6), 1), ((28, 5, 2), 28), ((4, 2, 0, 2), 2)):
        found = student.output_size(*given)
        assert found == due, f"output_size{given} is {due}, yours is {found}"


def test_a_step_that_does_not_fit_is_not_made(student):
    """On 6, a kernel of 3 with stride 2 stands at 0 and 2; at 4 it would hang out."""
    # Hint: Draw the 6 entries, and lay the kernel of 3 on 0, 2 and 4. Where does it end each time?
    # Hint: How many whole steps fit into the room between the first place and the last possible
    #   one?
    for given, due in (((6, 3, 0, 2), 2), ((4, 4, 1, 2), 2), ((9, 2, 0, 5), 2), ((8, 2, 0, 7), 1)):
        found = student.output_size(*given)
        assert found == due, f"output_size{given} is {due}, yours is {found}"


# %% [markdown]
# ## 4. It is a matrix
#
# A correlation is linear in $x$, so it is a product with *some* matrix. In one direction, with a
# kernel of length $K$ on an input of length $n$, it is
#
# $$M = \begin{pmatrix} k_0 & k_1 & k_2 & 0 & 0 \\ 0 & k_0 & k_1 & k_2 & 0 \\
#   0 & 0 & k_0 & k_1 & k_2 \end{pmatrix}, \qquad y = M x$$
#
# Each row holds the kernel, one place further to the right. Such a matrix, constant along its
# diagonals, is a **Toeplitz matrix**. Compared with a linear layer, two things are special: most
# entries are 0 (each output sees a few neighbours only), and all rows share the same $K$ numbers
# (whatever is learned at one place is known at all others).
#
# **Do not let the kernel wrap round** at the end of a row to its start. And let gradients reach
# $k$: a matrix made by `torch.tensor([[float(…)…]])` has the right numbers, and no history.


# %% question="toeplitz"
def toeplitz(k, n):
    """Make the matrix by which a correlation with k multiplies an input of length n.

    k: (K), with K ≤ n; it stays as it is. n: a whole number.

    Returns M (n - K + 1, n): M @ x is the correlation of x (n) with k. Gradients reach k.
    """
    # BEGIN SOLUTION
    K = len(k)
    M = torch.zeros(n - K + 1, n, dtype=k.dtype, device=k.device)
    for row in range(n - K + 1):
        M[row, row : row + K] = k
    return M
    # END SOLUTION


# %% tags=["check"]
def test_a_matrix_of_two_rows(student):
    """The kernel (1, 2) on three entries is the matrix 1 2 0, 0 1 2."""
    require(student.toeplitz(torch.tensor([1.0, 2.0]), 3), [[1.0, 2.0, 0.0], [0.0, 1.0, 2.0]])


def test_differences_of_neighbours(student):
    """With the kernel (-1, 1), M @ x is how much x grows from each entry to the next."""
    M = student.toeplitz(torch.tensor([-1.0, 1.0]), 5)
    x = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0], dtype=M.dtype)
    require(M @ x, [1.0, 2.0, 4.0, 8.0], "M @ x")


def test_gradients_reach_the_kernel(student):
    """Each number of the kernel stands in all rows: the sum of M grows by 3 with each."""
    k = torch.tensor([1.0, 2.0], requires_grad=True)
    M = student.toeplitz(k, 4)
    assert M.requires_grad, "M has no history: it was made from plain numbers"
    M.sum().backward()
    require(k.grad, [3.0, 3.0], "the gradient")


# %% [markdown]
# ### What the transpose does
#
# Nothing to write here, but much to see. The way back through $y = Mx$ is $dx = M^\top dy$, as
# through every matrix. Row $m$ of $M^\top$ collects all places where the kernel has covered $x_m$:
#
# $$dx_m = \sum_i k_i\; dy_{m - i}$$
#
# The index of $dy$ runs *backwards* where that of $k$ runs forwards. That is a **convolution**, and
# not a correlation; and it is a *full* one, which begins where the kernel touches the first entry
# with its tip. The picture shows both matrices: in the rows of the second, the kernel stands turned
# round. The two lines of numbers are $M^\top dy$, and numpy's `convolve`.

# %%
import numpy as np

k, dy = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 1.0])
M = toeplitz(k, 9)
print("transposed:", [round(n, 2) for n in (M.T @ dy).tolist()])
print("convolved: ", np.convolve(dy, k, mode="full").round(2).tolist())

figure, (left, right) = plt.subplots(
    1, 2, figsize=(6.5, 3), width_ratios=[9, 6], layout="constrained"
)
for panel, matrix, name in ((left, M, "M: there"), (right, M.T, "M transposed: back")):
    panel.imshow(matrix, cmap="Blues", vmax=6)
    for (row, column), number in np.ndenumerate(matrix.numpy()):
        if number:
            panel.text(column, row, f"{number:.0f}", ha="center", va="center")
    panel.set(title=name, xticks=[], yticks=[])
plt.show()

# %% [markdown]
# ## 5. A layer in one direction
#
# A layer does the same with channels and many kernels, on a batch. For each channel $o$ of the
# output there is one kernel $w_o$, as thick as the input has channels, and one bias:
#
# $$y_{bor} = b_o + \sum_{c=0}^{C-1} \sum_{i=0}^{K-1} w_{oci}\; \tilde x_{b,\,c,\,s r + i}$$
#
# $\tilde x$ is the input with $p$ zeros at both ends. Read the sums: **channels are added up**.
# Each output channel looks at all input channels at once, and none of them has a result of its own.
# The bias comes once, after the sum.
#
# Mind the shape of the bias. `out` is $(B, O, N')$ and `b` is $(O)$. A plain `out + b` matches `b`
# with the *last* axis, the places. Most of the time that is an error; if $O = N'$, it is a wrong
# answer.
#
# Let torch do the batch and the channels at once, by `einsum` or a product of matrices. Looping
# over the kernel, or over the places, is fine.


# %% question="conv1d"
def conv1d(x, w, b, stride=1, padding=0):
    """Correlate each of a batch of signals with O kernels.

    x: (B, C, N). w: (O, C, K). b: (O), or None for no bias.
    stride: the length of a step, at least 1. padding: zeros at each end, 0 or more.

    The kernel is not longer than N + 2 · padding. Where the stride does not divide, the rest of x
    is left out. All arguments stay as they are; no loop over the batch or the channels.

    Returns (B, O, N'), with N' = output_size(N, K, padding, stride). Gradients reach x, w and b.
    """
    # BEGIN SOLUTION
    x = nn.functional.pad(x, (padding, padding))
    windows = x.unfold(2, w.shape[2], stride)  # (B, C, N', K)
    out = torch.einsum("bcnk,ock->bon", windows, w)
    return out if b is None else out + b[:, None]
    # END SOLUTION


# %% tags=["check"]
def test_channels_are_added_up_and_the_bias_comes_once(student):
    """Two channels, (1, 2, 3) and (10, 20, 30), under two ones each: 33 and 55, plus 100."""
    # Hint: On paper, the first place is 1 + 2 + 10 + 20 and then 100. Which of these numbers do you
    #   miss, or count twice?
    x = torch.tensor([[[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]])
    require(student.conv1d(x, torch.ones(1, 2, 2), torch.tensor([100.0])), [[[133.0, 155.0]]])


def test_each_output_channel_has_its_bias(student):
    """Two kernels of 0, with biases 5 and 7: one channel of fives, one of sevens."""
    x, w = torch.ones(1, 1, 3), torch.zeros(2, 1, 2)
    require(student.conv1d(x, w, torch.tensor([5.0, 7.0])), [[[5.0, 5.0], [7.0, 7.0]]])
    require(student.conv1d(x, w, None), [[[0.0, 0.0], [0.0, 0.0]]], "without a bias, it")


def test_zeros_at_both_ends_and_steps_of_two(student):
    """(1, 2, 3, 4) with two zeros at each end, under (1, 10, 100), in steps of 2."""
    # Hint: Print the padded signal, and then the index at which each of your windows begins: 0, 2
    #   and 4.
    # Hint: If a fourth window is there, where would it end?
    x, w = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]]), torch.tensor([[[1.0, 10.0, 100.0]]])
    # 0 0 1 2 3 4 0 0: at 0 stand 0 0 1, at 2 stand 1 2 3, at 4 stand 3 4 0; at 6 it hangs out
    require(student.conv1d(x, w, None, stride=2, padding=2), [[[100.0, 321.0, 43.0]]])


# %% [markdown]
# ## 6. A layer on pictures
#
# The same in two directions; this is the layer that reads handwriting.
#
# $$y_{bors} = b_o + \sum_{c} \sum_{i} \sum_{j} w_{ocij}\;
#   \tilde x_{b,\,c,\,S r + i,\,S s + j}$$
#
# with the stride $S$ in both directions, and $p$ zeros on all four sides.
#
# Three traps. **Height and width**: $H' $ follows from $H$ and $K$, $W'$ from $W$ and $L$.
# **The order of the axes**: if you compute $(B, H' W', O)$ by a product of matrices, you get
# $(B, O, H', W')$ by *moving* the last axis to its place and then cutting it up; a `view` alone
# cuts up the numbers in the wrong order, and tells you nothing. **Stride is not dilation**: the
# stride moves the window, while the numbers under the kernel stay neighbours.
#
# A stride may be longer than the kernel, and the padding, too.


# %% question="conv2d"
def conv2d(x, w, b, stride=1, padding=0):
    """Correlate each of a batch of pictures with O kernels.

    x: (B, C, H, W). w: (O, C, K, L). b: (O), or None for no bias.
    stride: the length of a step in both directions, at least 1.
    padding: rows and columns of zeros on each of the four sides, 0 or more.

    The kernel is not larger than the padded picture. Where the stride does not divide, the rest of
    x is left out. All arguments stay as they are; no loop over the batch or the channels.

    Returns (B, O, H', W'), with H' = output_size(H, K, padding, stride), and W' from W and L in
    the same way. Gradients reach x, w and b.
    """
    # BEGIN SOLUTION
    K, L = w.shape[2:]
    rows = output_size(x.shape[2], K, padding, stride)
    columns = output_size(x.shape[3], L, padding, stride)
    x = nn.functional.pad(x, (padding, padding, padding, padding))
    out = 0
    for i in range(K):
        for j in range(L):
            under = x[:, :, i::stride, j::stride][:, :, :rows, :columns]  # what w[:, :, i, j] meets
            out = out + torch.einsum("bchw,oc->bohw", under, w[:, :, i, j])
    return out if b is None else out + b[:, None, None]
    # END SOLUTION


# %% tags=["check"]
def test_a_picture_of_two_channels(student):
    """Ones in one channel and twos in the other, under four ones each, are 4 + 8 + ½."""
    x = torch.stack([torch.ones(3, 4), 2 * torch.ones(3, 4)])[None]
    found = student.conv2d(x, torch.ones(1, 2, 2, 2), torch.tensor([0.5]))
    require(found, [[[[12.5] * 3] * 2]])


def test_a_padded_dot_shows_the_kernel_turned(student):
    """A single 1 with zeros around it, under 1 2, 3 4, gives 4 3, 2 1."""
    kernel = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    found = student.conv2d(torch.ones(1, 1, 1, 1), kernel, None, padding=1)
    require(found, [[[[4.0, 3.0], [2.0, 1.0]]]])


def test_steps_of_two_and_of_three(student):
    """Of 1 … 16, steps of 2 see 1 3, 9 11, and steps of 3 see 1 4, 13 16."""
    # Hint: Which entries do you see? If they are neighbours, the windows do not move far enough; if
    #   a row is right and the next one is not, look at the other direction.
    x = torch.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    for stride, due in ((2, [[1.0, 3.0], [9.0, 11.0]]), (3, [[1.0, 4.0], [13.0, 16.0]])):
        found = student.conv2d(x, torch.ones(1, 1, 1, 1), None, stride)
        require(found, [[due]], f"with stride {stride}, it")


def test_two_kernels_and_two_pictures_keep_apart(student):
    """out[b, o] is picture b under kernel o: 1 · 1, 1 · 10, then 2 · 1 and 2 · 10."""
    x = torch.tensor([1.0, 2.0]).reshape(2, 1, 1, 1).expand(2, 1, 2, 3)
    w = torch.tensor([1.0, 10.0]).reshape(2, 1, 1, 1)
    due = torch.tensor([[1.0, 10.0], [2.0, 20.0]]).reshape(2, 2, 1, 1).expand(2, 2, 2, 3)
    require(student.conv2d(x, w, torch.zeros(2)), due.tolist())


# %% [markdown]
# Nothing to write here: four kernels that people have designed by hand, all of them in one call of
# your `conv2d`, on a photograph that comes with scikit-learn. The blur takes the mean of 25
# neighbours. Sharpening adds what the blur would take away. The two Sobel kernels are differences
# of neighbours, once from left to right and once from top to bottom: bright where it gets lighter,
# dark where it gets darker.

# %%
from sklearn.datasets import load_sample_image

photo = torch.tensor(load_sample_image("china.jpg") / 255).mean(dim=2)  # (427, 640)
photo = nn.functional.avg_pool2d(photo.float()[None, None], 4)  # (1, 1, 106, 160)

blur, sharpen = torch.full((5, 5), 1 / 25), torch.full((5, 5), -1 / 25)
sharpen[2, 2] += 2
sobel = torch.zeros(5, 5)
sobel[1:4, 1:4] = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
kernels = {
    "blur": blur, "sharpen": sharpen, "from left to right": sobel, "from top to bottom": sobel.T,
}  # fmt: skip
filtered = conv2d(photo, torch.stack(list(kernels.values()))[:, None], None)[0]  # (4, 102, 156)

figure, axes = plt.subplots(1, 5, figsize=(13, 2.2), layout="constrained")
darkest = (0, 0, 0, -2, -2)
for panel, name, values, least in zip(
    axes, ("photo", *kernels), (photo[0, 0], *filtered), darkest, strict=True
):
    panel.imshow(values, cmap="gray", vmin=least, vmax=-least or 1)
    panel.set(title=name, xticks=[], yticks=[])
plt.show()

# %% [markdown]
# ## 7. The way back
#
# Somebody tells you `dout`, how the loss changes with each number of the output. You pass it on to
# all that the output was computed from. A `d` in front of a name is the gradient for it, and **it
# has the shape of it**: `dx` is $(B, C, H, W)$, whatever padding and stride are.
#
# Read the sum of part 6 once more, and ask of each number: *where has it acted?*
#
# The **bias** $b_o$ has acted once in every picture and at every place:
#
# $$db_o = \sum_b \sum_r \sum_s dout_{bors}$$
#
# The **weight** $w_{ocij}$ has met, at each place, one number of the padded input:
#
# $$dw_{ocij} = \sum_b \sum_r \sum_s dout_{bors}\; \tilde x_{b,\,c,\,Sr + i,\,Ss + j}$$
#
# which, for a stride of 1, is the correlation of the input with `dout`. And an **input** has acted
# wherever a window has covered it. So walk through the same places as on the way there, and *add*
# to each number under the window what it gets:
#
# $$d\tilde x_{b,\,c,\,Sr + i,\,Ss + j} \mathrel{+}= \sum_o w_{ocij}\; dout_{bors}
#   \qquad \text{for all } r, s, i, j$$
#
# **Windows overlap**, so it is `+=`. With `=` the last window wipes out what the others gave.
#
# In the end, cut off the rim, for nobody has asked how the loss changes with the zeros of the
# padding. **Here is the trap that most finished solutions on the web fall into.** `[p:-p]` cuts off
# $p$ on both sides, unless $p = 0$. Then it reads `[0:0]`, and *everything is gone*. Say what you
# want to have, not what you want to lose: `[p : p + H]`.
#
# **Where the stride does not divide**, the last rows and columns were seen by no window. Their
# gradient is 0, and they are part of `dx`.
#
# **Another way.** With a stride of 1, part 4 told you: the transpose of a correlation is a *full
# convolution*. So `dx` is `dout` with a rim of $K - 1$ zeros, under the kernel turned by 180°, with
# the roles of $C$ and $O$ exchanged; and the padding comes off. With a stride $S$, first spread
# `dout` out, with $S - 1$ zeros between its entries. This is what `conv_transpose2d` does. Either
# way is right.
#
# As in all of this course, whoever wants a mean over the batch divides the loss, once, at its end.


# %% question="conv2d_backward"
def conv2d_backward(dout, x, w, stride=1, padding=0):
    """Go back through out = conv2d(x, w, b, stride, padding).

    dout: (B, O, H', W'), the gradient for out.
    x: (B, C, H, W), w: (O, C, K, L), stride, padding: what conv2d was given.

    All arguments stay as they are; no loop over the channels.

    Returns (dx, dw, db): dx (B, C, H, W), dw (O, C, K, L) and db (O).
    """
    # BEGIN SOLUTION
    (H, W), (K, L), (rows, columns) = x.shape[2:], w.shape[2:], dout.shape[2:]
    padded = nn.functional.pad(x, (padding, padding, padding, padding))
    dpadded, dw = torch.zeros_like(padded), torch.zeros_like(w)
    for i in range(K):
        for j in range(L):
            down = slice(i, i + stride * (rows - 1) + 1, stride)  # what w[:, :, i, j] has met
            across = slice(j, j + stride * (columns - 1) + 1, stride)
            dw[:, :, i, j] = torch.einsum("bohw,bchw->oc", dout, padded[:, :, down, across])
            back = torch.einsum("bohw,oc->bchw", dout, w[:, :, i, j])
            dpadded[:, :, down, across] += back
    dx = dpadded[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, dout.sum(dim=(0, 2, 3))
    # END SOLUTION


# %% tags=["check"]
def test_nine_numbers_go_back_as_on_paper(student):
    """With 1 … 9 under 0 1, 2 3 and a dout of ones: see the numbers in this check."""
    # Hint: Take one result after the other: db is the easiest, then dw, then dx. Which is the first
    #   that differs?
    # Hint: For dw's 12, write down the four numbers of the picture which the kernel's 0 has met.
    # Hint: For dx's 6, write down which entry of the kernel has lain on the middle in each of the
    #   four windows.
    found = student.conv2d_backward(torch.ones(1, 1, 2, 2), nine()[None, None], four()[None, None])
    due = {
        "dx": [[[[0.0, 1.0, 1.0], [2.0, 6.0, 4.0], [2.0, 5.0, 3.0]]]],  # 6 = 0 + 1 + 2 + 3
        "dw": [[[[12.0, 16.0], [24.0, 28.0]]]],  # 12 = 1 + 2 + 4 + 5, what the kernel's 0 has met
        "db": [4.0],
    }
    for (name, numbers), gradient in zip(due.items(), found, strict=True):
        require(gradient, numbers, name)


def test_gradients_have_the_shape_of_their_own(student):
    """dx is as large as x, with padding and without it, with a stride that divides or does not."""
    # Hint: With which stride and padding does it fail first? Put just these into your slices, on
    #   paper.
    # Hint: If it fails for a padding of 0, read your cut once more; if for a stride that does not
    #   divide, count the last rows.
    x, w = torch.randn(2, 3, 6, 7), torch.randn(4, 3, 3, 2)
    for stride, padding in ((1, 0), (1, 1), (2, 0), (2, 1), (3, 2), (1, 3)):
        out = nn.functional.conv2d(x, w, stride=stride, padding=padding)
        found = student.conv2d_backward(torch.ones_like(out), x, w, stride, padding)
        due = {"dx": x.shape, "dw": w.shape, "db": (4,)}
        for (name, shape), gradient in zip(due.items(), found, strict=True):
            said = f"with stride {stride} and padding {padding}, {name} should be {tuple(shape)}"
            assert gradient.shape == shape, f"{said}, yours is {tuple(gradient.shape)}"


def test_what_no_window_has_reached_has_a_gradient_of_zero(student):
    """With a kernel of 2 and steps of 2, nobody sees the last of 5 rows, and of 5 columns."""
    dx, *_ = student.conv2d_backward(
        torch.ones(1, 1, 2, 2), torch.ones(1, 1, 5, 5), torch.ones(1, 1, 2, 2), stride=2
    )
    seen = torch.zeros(5, 5)
    seen[:4, :4] = 1
    require(dx, [[seen.tolist()]], "dx")


def layer_by_hand(conv2d_backward, stride, padding):
    """Make a layer of torch that goes there by torch, and back by `conv2d_backward`."""

    class ByHand(torch.autograd.Function):
        """Torch calls `backward` where it would differentiate otherwise."""

        @staticmethod
        def forward(ctx, x, w, b):
            ctx.save_for_backward(x, w)
            return nn.functional.conv2d(x, w, b, stride, padding)

        @staticmethod
        def backward(ctx, dout):
            return tuple(conv2d_backward(dout, *ctx.saved_tensors, stride, padding))

    return ByHand.apply


def test_gradcheck_finds_nothing(student):
    """torch.autograd.gradcheck changes each input a little, and finds what you have computed."""
    # Hint: The message says for which input it fails: 0 is x, 1 is w, 2 is b. Look at that gradient
    #   alone.
    # Hint: Which stride and padding is it? For (2, 1) and (3, 2) look at where windows begin, and
    #   at what they leave out.
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # so that your torch.zeros is as exact as the inputs
    try:
        shapes = ((2, 2, 3, 4), (2, 2, 3, 2), (2,))
        inputs = [torch.randn(shape, requires_grad=True) for shape in shapes]
        for stride, padding in ((1, 0), (2, 1), (3, 2)):
            layer = layer_by_hand(student.conv2d_backward, stride, padding)
            assert torch.autograd.gradcheck(layer, inputs, check_undefined_grad=False), (
                "gradcheck finds other gradients"
            )
    finally:
        torch.set_default_dtype(usual)


# %% [markdown]
# ## A kernel that finds itself
#
# Nothing to write here. Somebody has filtered 16 pictures of digits, and has not told you with
# what. You have the pictures before and after. Start from a kernel of zeros, see what your `conv2d`
# makes of the pictures, compare, go back by your `conv2d_backward`, make a step; and again. In a
# network the same happens in every layer, but nobody knows what the kernels should look like.

# %%
from sklearn.datasets import load_digits

digits = torch.tensor(load_digits().images[:16, None] / 16).float()  # (16, 1, 8, 8)
secret = torch.tensor([[0.0, 1, 2], [-1, 0, 1], [-2, -1, 0]])  # edges, from corner to corner
after = conv2d(digits, secret[None, None], torch.tensor([0.3]))

w, b = torch.zeros(1, 1, 3, 3), torch.zeros(1)
losses, kept = [], {}
for step in range(401):
    error = conv2d(digits, w, b) - after
    losses.append(float((error**2).mean()))
    if step in (0, 10, 50, 400):
        kept[step] = w[0, 0].clone()
    _, dw, db = conv2d_backward(2 * error / error.numel(), digits, w)
    w, b = w - 0.25 * dw, b - 0.25 * db

figure, axes = plt.subplots(
    1, 6, figsize=(12, 2.2), width_ratios=[2.2, 1, 1, 1, 1, 1], layout="constrained"
)
axes[0].semilogy(losses)
axes[0].set(xlabel="steps", ylabel="loss")
titles = [*(f"after {step}" for step in kept), "the secret one"]
for panel, title, kernel in zip(axes[1:], titles, [*kept.values(), secret], strict=True):
    panel.imshow(kernel, cmap="RdBu", vmin=-2, vmax=2)
    panel.set(title=title, xticks=[], yticks=[])
plt.show()
