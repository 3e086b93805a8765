"""The work of the node: child processes that decode and predict, and what watches over them."""
