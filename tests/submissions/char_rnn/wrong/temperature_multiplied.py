# fails next_char: hot sharpens, in Gumbel's way of drawing
# after right/plain
# %%
def next_char(logits, temperature, generator):
    noise = torch.rand(logits.shape, generator=generator)
    return (logits * temperature - torch.log(-torch.log(noise))).argmax(dim=-1)
