"""nbformat, imported without a grammar of internet addresses.

Importing jsonschema compiles one that comes with JupyterLab, where that is installed: 0.6 to 1.2 s.
No notebook's schema needs it.
"""

import sys

ADDRESSES = "rfc3987_syntax"
_is_absent = ADDRESSES not in sys.modules
if _is_absent:
    sys.modules[ADDRESSES] = None  # type: ignore[assignment]  # importing it fails
try:
    import nbformat
finally:
    if _is_absent:
        del sys.modules[ADDRESSES]

__all__ = ["nbformat"]
