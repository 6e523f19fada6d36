# passes: magics, a training loop, and scratch cells that raise
# after right/plain
# %%
# %matplotlib inline
# !pip install scikit-learn

# %%
model = Captioner(13, 4, 5, 6, 7)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(3):
    logits, _ = model(torch.randn(8, 9, 5), torch.randint(2, 13, (8, 4)), 1)
    loss = caption_loss(logits, torch.randint(2, 13, (8, 4)), 0)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(epoch, loss.item())

# %%
words, weights = caption(model, torch.randn(2, 9, 5), 1, 2, 5)
print(words, undefined_name)
