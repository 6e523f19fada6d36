# passes: magics, Korean names, and a cell that crashes when run from top to bottom
# after right/plain
# %%
# %matplotlib inline
# %load_ext autoreload

# %%
# 마지막 출력을 고르는 함수
def 마지막(출력, 길이):
    return torch.stack([행[n - 1] for 행, n in zip(출력, 길이.tolist())])


many_to_one = 마지막

# %%
print(undefined_since_restart)
