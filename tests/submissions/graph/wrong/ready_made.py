# fails sgd_step, adamw_step: has torch's optimizers do it
# after right/plain
# %%
def ready_made(kind, params, grads, **options):
    for p, g in zip(params, grads):
        p.grad = g
    kind(params, **options).step()


def sgd_step(params, grads, lr, decay):
    ready_made(torch.optim.SGD, params, grads, lr=lr, weight_decay=decay)


def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    ready_made(torch.optim.AdamW, params, grads, lr=lr, weight_decay=decay)
