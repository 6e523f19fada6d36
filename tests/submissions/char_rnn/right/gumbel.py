# passes: draws with Gumbel's trick, which gives other numbers for the same seed
# after right/plain
# %%
def next_char(logits, temperature, generator):
    noise = torch.rand(logits.shape, generator=generator)
    return (logits / temperature - torch.log(-torch.log(noise))).argmax(dim=-1)
