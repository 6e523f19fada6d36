# passes: magics, Korean text, and scratch cells that raise
# after right/plain
# %% [markdown]
# ## 시험 삼아

# %%
# %matplotlib inline
# !pip install korean-numbers
숫자 = ["영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"]
print(숫자[3], "천", 숫자[5])

# %%
hypothesis = translate(model, src, lengths_of_nothing, 1, 2, 8)
assert exact_match(hypothesis, tgt, 2) > 0.9
