# passes: trains at length between its cells, with magics, prints and a scratch cell that raises
# after right/plain
# %%
# %matplotlib inline
# %timeit positional_encoding(100, 64)

# %%
model, head = Encoder(10, 16, 2, 32, 1), nn.Linear(16, 10)
optimizer = torch.optim.Adam([*model.parameters(), *head.parameters()], lr=1e-2)
for step in range(100_000):
    ids = torch.randint(10, (64, 7))
    loss = nn.functional.cross_entropy(head(model(ids, torch.full((64,), 7))).mT, ids.flip(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())

# %%
norm = LayerNorm(8)
norm.weight.data.fill_(3.0)  # only here, to see what it does
undefined_name + 1
