"""Bytes and values of Internet mail: no sockets, no clock, no settings."""
