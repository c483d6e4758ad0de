"""The parts of the exit, which `outbound.py` puts together: letters, couriers, the ledger and the relay's health."""
