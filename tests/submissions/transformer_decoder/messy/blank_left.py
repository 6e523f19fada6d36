# errors greedy_decode: left as it was handed out
# after right/plain
# %%
def greedy_decode(step, memory, bos, eos, max_length):
    # your code here
    raise NotImplementedError
