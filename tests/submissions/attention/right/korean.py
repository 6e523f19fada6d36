# passes: Korean text and helper cells, scale from torch.sqrt(torch.tensor(d))

# %% [markdown]
# # 과제 1: 어텐션
# 이름: 김하늘 / 학번: 20231234
#
# 수업 시간에 배운 수식을 그대로 옮겼습니다.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)

# %% [markdown]
# ## 1. 스케일드 닷 프로덕트 어텐션


# %%
def 마스크_씌우기(점수, mask):
    """볼 수 없는 곳은 -inf 로 채운다."""
    if mask is None:
        return 점수
    return 점수.masked_fill(mask == 0, float("-inf"))


# %%
class ScaledDotProductAttention(nn.Module):
    def forward(self, Q, K, V, mask=None):
        d = Q.size(-1)
        점수 = torch.matmul(Q, K.transpose(-1, -2)) / torch.sqrt(torch.tensor(d))
        가중치 = F.softmax(마스크_씌우기(점수, mask), dim=-1)
        return torch.matmul(가중치, V), 가중치


# %% [markdown]
# 잘 되는지 확인해 보자 😀

# %%
q = torch.randn(1, 3, 4)
출력, 가중치 = ScaledDotProductAttention()(q, q, q)
print("가중치의 합:", 가중치.sum(-1))

# %% [markdown]
# ## 2–3. 헤드 나누기와 합치기


# %%
def split_heads(x, num_heads):
    batch_size, seq_len, d_model = x.size()
    d_head = d_model // num_heads
    x = x.reshape(batch_size, seq_len, num_heads, d_head)
    return x.permute(0, 2, 1, 3)


def merge_heads(x):
    batch_size, num_heads, seq_len, d_head = x.size()
    x = x.permute(0, 2, 1, 3).contiguous()
    return x.view(batch_size, seq_len, num_heads * d_head)


# %% [markdown]
# ## 4. 멀티 헤드 어텐션


# %%
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__()
        self.num_heads = num_heads
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)
        self.attention = ScaledDotProductAttention()
        self.dropout = nn.Dropout(dropout)

    def forward(self, Q, K, V, mask=None):
        q = split_heads(self.q_proj(Q), self.num_heads)  # (B, H, n_Q, d_head)
        k = split_heads(self.k_proj(K), self.num_heads)  # (B, H, n_K, d_head)
        v = split_heads(self.v_proj(V), self.num_heads)  # (B, H, n_K, d_head)
        _, weights = self.attention(q, k, v, mask)  # (B, H, n_Q, n_K)
        heads = self.dropout(weights) @ v  # (B, H, n_Q, d_head)
        return self.out_proj(merge_heads(heads)), weights
