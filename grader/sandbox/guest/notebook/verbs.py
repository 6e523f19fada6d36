"""What is known of functions and methods by their names alone: what they change, or do not."""

import re

FILLS = {"add", "append", "extend", "insert", "setdefault", "update"}
"""Methods of containers that surely change them."""
SHOWS = {
    "abs", "bool", "callable", "dir", "display", "float", "format", "hasattr", "help", "id", "int",
    "isinstance", "issubclass", "len", "pprint", "print", "range", "repr", "round", "str", "super",
    "type",
}  # fmt: skip
"""Functions of Python that change nothing that they are given."""
SETTINGS = re.compile(
    r"set_|use_|enable|disable|manual_seed|seed|register|filterwarnings|simplefilter|append|insert"
    r"|update|setdefault|setrecursionlimit|basicConfig"
)
"""Functions of modules that change what the module does from there on."""
IDLE = {"sleep", "collect"}
"""Functions of modules that change nothing, whatever they are given."""
FILES = re.compile(
    r"open|(read|write)_(text|bytes|csv)|mkdir|makedirs|touch|unlink|remove|rename|rmtree|chdir"
    r"|save\w*|load|(load|gen)(txt|fromtxt)|dump|exists|is_file|listdir|glob|iterdir|to_csv|tofile"
    r"|fromfile|copyfile|write_file"
)
"""Functions and methods that read or write files."""
LOOKS = {"copy", "get", "items", "keys", "values", "__contains__", "__getitem__"}
"""Methods of containers that change nothing."""
NAMESPACES = {"globals", "locals", "vars"}
