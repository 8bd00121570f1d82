"""Short lessons, each one idea, computed live by the product's own tests. Light: no torch.

thousand       a thousand innocent models: the draw alone makes the false-alarm rate
hazards        what breaks the guarantee, and its guards: rates counted with the guard off and on
practices      the simulations behind them
members        what a model remembers of its training pictures, epoch by epoch
photos_needed  the chance to find a use by one photo, by ten, by fifty
indications    indication and guarantee on pictures that the model never saw
shapes         scores an innocent model may give; settling: how a counted rate settles
audits         many audits side by side
measured       `python -m auditcore.lab.lessons.measured`: the shipped scores of a real model
"""
