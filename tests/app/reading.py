"""What a person reads and presses on a page under test."""

from streamlit.testing.v1 import AppTest


def told(app: AppTest) -> str:
    """Everything a person can read on the page."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "error", "warning", "info")
    said = [element.value for kind in kinds for element in app.get(kind)]
    said += [element.value for element in app.success]
    said += [element.proto.body for element in app.get("html")]
    said += [element.proto.text for element in app.get("progress")]
    return "\n".join(map(str, said))


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()
