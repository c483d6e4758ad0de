"""TLS as our own listener offers it, with a certificate that is renewed while it runs."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from worker import journal

_State = tuple[tuple[int, int, int], ...]


@dataclass(slots=True, eq=False)
class ServerCertificate:
    """A certificate chain and its key. Raises OSError (ssl.SSLError is one) where they can't be used at first."""

    certificate: Path
    key: Path
    _context: ssl.SSLContext = field(init=False)
    _state: _State = field(init=False)

    def __post_init__(self) -> None:
        self._state, self._context = self._look(), server_context(self.certificate, self.key)

    def context(self) -> ssl.SSLContext:
        """TLS with what the files hold now; where that can't be used, with what they held before.

        Asked for whenever a caller wants TLS: renewing a certificate is writing its files.
        """
        state = self._look()
        if state == self._state:
            return self._context
        self._state = state  # also where it fails: told once, not to every caller
        try:
            self._context = server_context(self.certificate, self.key)
            journal.certificate_renewed()
        except OSError as error:
            journal.certificate_refused(reason=error.strerror or type(error).__name__)
        return self._context

    def _look(self) -> _State:
        """What tells that a file changed; nothing while one is missing."""
        try:
            found = [path.stat() for path in (self.certificate, self.key)]
        except OSError:
            return ()
        return tuple((each.st_mtime_ns, each.st_size, each.st_ino) for each in found)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and newer with this certificate chain. Raises OSError (ssl.SSLError is one) where they can't be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # a client could have us negotiate without end
    context.load_cert_chain(certificate, key, password="")  # a key with a password fails; nobody is there to be asked
    return context
