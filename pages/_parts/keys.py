"""Every widget key and every name in session state or an address, in one place."""

# session state
INTENDED = "intended"
PHOTOS = "protect.photos"
ROUND = "protect.round"
CHOSEN_KIT = "check.kit"
FORECAST = "check.forecast"
CONNECTION = "check.connection"
REPLAY = "audit.replay"

# coming in
SIGN_IN = "sign.in"
SIGN_OUT = "sign.out"

# in the address
AUDIT = "audit"
JOB = "job"

# Start
HERO = "hero"
TRY_SAMPLE = "start.try"

# Protect
UPLOAD_PHOTOS = "protect.upload"
CAPTION_FILE = "protect.caption.file"
CAPTION_TABLE = "protect.caption.table"
VISIBILITY = "protect.visibility"
PREVIEW_PHOTO = "protect.preview"
START_PROTECT = "protect.start"
CANCEL_PROTECT = "protect.cancel"
RETRY_PROTECT = "protect.retry"
AGAIN_PROTECT = "protect.again"
DOWNLOAD_PHOTOS = "protect.download.photos"
DOWNLOAD_KIT = "protect.download.kit"

# Check a model
KIT_KEPT = "check.kit.kept"
KIT_UPLOAD = "check.kit.upload"
DOOR = "check.model.door"
DEMO_MODEL = "check.model.demo"
SOURCE = "check.model.source"
LISTED_MODEL = "check.model.listed"
MODEL_PATH = "check.model.path"
DEVICE = "check.model.device"
PRECISION = "check.model.precision"
PROTOCOL = "check.model.protocol"
ADDRESS = "check.model.address"
MODEL_NAME = "check.model.name"
SETTING = "check.model.setting"
API_KEY = "check.model.key"
PRICE = "check.model.price"
MOST_MONEY = "check.model.most.money"
MOST_PICTURES = "check.model.most.pictures"
PER_MINUTE = "check.model.minute"
RELEASED = "check.model.released"
CONNECT = "check.model.connect"
RARITY = "check.rarity"
CLAIM = "check.claim"
CLAIM_PHOTO = "check.claim.photo"
START_AUDIT = "check.start"
PAUSE_AUDIT = "check.pause"
RESUME_AUDIT = "check.resume"
CANCEL_AUDIT = "check.cancel"
KEY_AGAIN = "check.key.again"
MORE_PICTURES = "check.most.again"
ANOTHER_AUDIT = "check.another"
SAMPLE_OTHER = "check.sample.other"

# Results
SHOW_ALL = "results.all"
SAVE_HTML = "results.save.html"
SAVE_JSON = "results.save.json"
VIEW = "results.view"
WATCH = "results.watch"

# charts
CHART = "chart"
