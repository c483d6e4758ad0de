"""The exit's parts, which `outbound.py` puts together: letters, courier, ledger, the relay's health, provider calls."""
