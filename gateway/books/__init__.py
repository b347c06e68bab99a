"""The journal looked at from its file, beside a gateway that runs or not; nothing is changed."""
