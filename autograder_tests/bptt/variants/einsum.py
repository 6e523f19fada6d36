"""Every sum written as one, by einsum; the shared gradients after the loop, at once."""

import torch


def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    dz = dh_next - dh_next * h_next.pow(2)
    return (
        torch.einsum("bj,ji->bi", dz, weight_ih),
        torch.einsum("bj,jk->bk", dz, weight_hh),
        torch.einsum("bj,bi->ji", dz, x),
        torch.einsum("bj,bk->jk", dz, h),
        torch.einsum("bj->j", dz),
    )


def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    T = out.shape[1]
    dz = torch.empty_like(out)
    carry = dh_n
    for t in range(T - 1, -1, -1):
        dz[:, t] = (dout[:, t] + carry) * (1 - out[:, t] ** 2)
        carry = torch.einsum("bj,jk->bk", dz[:, t], weight_hh)
    before = torch.cat((h_0[:, None], out[:, :-1]), 1)
    return (
        torch.einsum("btj,ji->bti", dz, weight_ih),
        carry,
        torch.einsum("btj,bti->ji", dz, x),
        torch.einsum("btj,btk->jk", dz, before),
        torch.einsum("btj->j", dz),
    )


def step_jacobian(h_next, weight_hh):
    return torch.einsum("bj,jk->bjk", 1 - h_next * h_next, weight_hh)


def jacobian_norms(out, weight_hh):
    T, H = out.shape
    slopes = 1 - out**2
    reach, norms = torch.eye(H).to(out), []
    for t in reversed(range(T)):
        norms.append(torch.linalg.svdvals(reach)[0])
        reach = torch.einsum("ij,j,jk->ik", reach, slopes[t], weight_hh)
    return torch.stack(norms[::-1])


def with_largest_singular_value(W, s):
    return W / torch.linalg.svdvals(W).max() * s


def clip_by_norm(grads, max_norm):
    norm = torch.cat([g.flatten() for g in grads if g is not None]).norm()
    scale = min(1.0, max_norm / (norm.item() + 1e-6))
    return [g if g is None else scale * g for g in grads], norm


def clip_by_value(grads, limit):
    return [torch.clamp(g, min=-limit, max=limit) for g in grads]


def truncated_bptt(model, head, optimizer, x, y, k):
    losses, state = [], None
    for x_k, y_k in zip(torch.split(x, k, dim=1), torch.split(y, k, dim=1), strict=True):
        if state is not None:
            state = tuple(s.detach() for s in state) if type(state) is tuple else state.detach()
        out, state = model(x_k, state)
        loss = torch.nn.functional.mse_loss(head(out), y_k)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses
