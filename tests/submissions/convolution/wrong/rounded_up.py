# fails output_size: rounds up, and the layers lose nothing by it
# after right/plain
# %%
import math


def output_size(size, kernel, padding=0, stride=1):
    return math.ceil((size + 2 * padding - kernel) / stride) + 1
