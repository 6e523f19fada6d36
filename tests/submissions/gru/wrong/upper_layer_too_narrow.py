# fails count_parameters: upper layers read one direction
# after right/plain
# %%
def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    d = 2 if bidirectional else 1
    first = 3 * hidden_size * (input_size + hidden_size + 2)
    upper = 3 * hidden_size * (2 * hidden_size + 2)
    return d * (first + (num_layers - 1) * upper)
