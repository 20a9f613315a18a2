"""One file per thing that a user asks for: the only place that composes the other packages."""
