# passes: a training loop between the answers, and a global that is named like an argument
# after right/plain
# %%
memory, ids = torch.randn(2, 3, 8), torch.tensor([[1, 3], [1, 4]])
model = (
    Transformer(9, 9, 8, 2, 16, 1).cuda()
    if torch.cuda.is_available()
    else Transformer(9, 9, 8, 2, 16, 1)
)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(3):
    logits = model(ids, torch.tensor([2, 2]), shift_right(ids, 1))
    loss = sequence_loss(logits, ids, 0)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(epoch, loss.item())
print(
    greedy_decode(
        lambda ids, memory: model.decode(ids, memory, torch.tensor([3, 3])), memory, 1, 2, 5
    )
)
