"""The trusted side of the sandbox: starts workers, checks what they send, proxies students."""
