"""The code that runs beside student code in the sandbox; it imports only itself."""
