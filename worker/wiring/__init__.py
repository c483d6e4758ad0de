"""What the settings mean to each part, a file a part: the one place where their words become the parts' own values."""
