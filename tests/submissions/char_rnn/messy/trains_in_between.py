# passes: trains, prints and reads a file that is not there, between the answers
# after right/plain
# %%
text = open("zen.txt").read()

# %%
data = encode("hello" * 20, vocabulary("hello"))
params = {
    "W_xh": torch.randn(8, 4),
    "W_hh": torch.randn(8, 8),
    "b_h": torch.zeros(8),
    "W_hy": torch.randn(4, 8),
    "b_y": torch.zeros(4),
}
memory = {k: torch.zeros_like(v) for k, v in params.items()}
h = torch.zeros(8)
for epoch in range(50):
    g = gradients(params, data[:-1], data[1:], h)
    params, memory = adagrad_step(params, g, memory, 0.1)
    print(epoch, loss(params, data[:-1], data[1:], h)[0])
