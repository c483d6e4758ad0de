"""Asking providers: the questions are the sources' and the network is whoever's that is passed in."""
