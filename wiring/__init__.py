"""How settings, plan and the layers already built become the arguments of the next layer."""
