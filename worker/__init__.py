"""Letterkey: the worker that mails receipts and lets customers open their hub by email."""

__version__ = "0.1.0"
