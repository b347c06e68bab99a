"""The routes, one module per subject; `command_center.api` lists them."""
