"""Words and paper: what mails and pages say, and how they look."""
