# fails train_step: clips after the step
# after right/plain
# %%
def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    model.train()
    loss = sequence_loss(model(src, lengths, tgt), tgt, pad)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    return loss.item()
