# fails answer_accuracy: 0/0 for a kind that nobody has asked
# after right/plain
# %%
def answer_accuracy(logits, answers, kinds, num_kinds):
    right = logits.argmax(dim=-1) == answers
    return torch.stack([right[kinds == k].double().mean() for k in range(num_kinds)])
