"""The core of Telltale: was my photo used to train this model?

The rooms, in the order in which the data walks through them (no room imports a later one):

    errors, randomness   sentences for people; draws that anyone can repeat
    paths, database      where kits, photos and audits are kept on this machine
    photos               read safely, normalise, write what is published
    marks                families of marks, and how visible they are
    kit                  seal, open, make any version again from the seed
    models               what a model can be asked
    serving              a model of this machine, offered to others
    scores               what a model says about a version, as one number
    sequential           the tests, their staircases and exact rates
    audit                kit + model + score + test -> a stream of events
    evidence             the report, and how a stranger verifies it
    cluster              the same answers from many machines, on Ray
    passive              photos without marks: EncoderMI and IDIA, an indication only
    lab                  models trained here: the demo, experiments, forgetting, lessons
    jobs, cli            long work outside the page; the command line
"""

__version__ = "0.1.0"
