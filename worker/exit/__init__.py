"""The exit's parts, which `outbound.py` puts together: letters, couriers, ledger, the relay's health, provider calls."""
