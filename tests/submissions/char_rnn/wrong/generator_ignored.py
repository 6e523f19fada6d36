# fails next_char: Categorical draws from torch's global generator
# after right/plain
# %%
def next_char(logits, temperature, generator):
    return torch.distributions.Categorical(logits=logits / temperature).sample()
