# errors caption_loss: left as it was handed out
# after right/plain
# %%
def caption_loss(logits, captions, pad):
    # your code here
    raise NotImplementedError
