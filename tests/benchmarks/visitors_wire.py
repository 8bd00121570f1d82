"""One visitor's end of Streamlit's own protocol: a web socket with the messages a browser sends.

What the page shows is gathered from the messages of a run: its buttons and uploaders, pictures to
fetch, parts that run again by themselves, and everything that went wrong.
"""

import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

import websocket
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import (
    USER_COOKIE_NAME,
    XSRF_COOKIE_NAME,
)

PATIENCE = 60.0
ISSUER = "https://id.example"
WHOLE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR)


class PageError(Exception):
    """What a visitor would see or feel as an error."""


def user_cookie(secret: str, address: str, name: str) -> str:
    """Return the cookie of a person who has signed in, as the server itself would sign it."""
    person = {"origin": address, "is_logged_in": True, "iss": ISSUER, "sub": name}
    return create_signed_value(secret, USER_COOKIE_NAME, json.dumps(person)).decode()


@dataclass
class Shown:
    """What a run of a page has shown.

    Attributes:
        buttons, uploaders: widget ids by label.
        pictures: addresses that a browser fetches from the server.
        repeating: seconds between runs of a part that runs again by itself, by fragment.
        wrong: exceptions and error boxes.
        size: bytes received.
    """

    buttons: dict[str, str] = field(default_factory=dict)
    uploaders: dict[str, str] = field(default_factory=dict)
    pictures: set[str] = field(default_factory=set)
    repeating: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    size: int = 0

    def forget(self) -> None:
        """Forget what was shown; what went wrong, and the bytes, still count."""
        for kept in (self.buttons, self.uploaders, self.pictures, self.repeating):
            kept.clear()


class Wire:
    """An open web socket of one visitor. Not shared between threads."""

    def __init__(self, address: str, cookies: dict[str, str]) -> None:
        """Connect as a browser does that has fetched the page before.

        Args:
            address: of the server, such as "http://127.0.0.1:8501".
            cookies: those of the browser; the server's own against forgery is among them.
        """
        self._address = address
        self._socket = websocket.create_connection(
            f"{address.replace('http', 'ws', 1)}/_stcore/stream",
            timeout=PATIENCE,
            origin=address,
            cookie="; ".join(f"{name}={value}" for name, value in cookies.items()),
            subprotocols=["streamlit", cookies[XSRF_COOKIE_NAME]],
        )
        self._states: dict[str, WidgetState] = {}
        self.session_id, self.page, self.query = "", "", ""
        self.pages: dict[str, str] = {}
        self.shown = Shown()

    def open(self, name: str, query: dict[str, str] | None = None) -> Shown:
        """Come to a page by its address, "" for the first."""
        self._states.clear()
        self.query = urlencode(query or {})
        return self._run(ClientState(page_name=name, query_string=self.query))

    def go(self, name: str) -> Shown:
        """Follow a link of the navigation to the page with this address."""
        self._states.clear()
        self.query = ""
        return self._run(ClientState(page_script_hash=self.pages[name]))

    def press(self, label: str) -> Shown:
        """Press a button that the page has shown."""
        button = WidgetState(id=self.shown.buttons[label], trigger_value=True)
        return self._run(self._here(button))

    def repeat(self, fragment: str) -> Shown:
        """Run a part of the page again that does so by itself."""
        state = self._here()
        state.fragment_id, state.is_auto_rerun = fragment, True
        return self._run(state)

    def file_urls(self, name: str) -> FileURLs:
        """Ask where a file is to be put."""
        message = BackMsg()
        message.file_urls_request.request_id = "1"
        message.file_urls_request.session_id = self.session_id
        message.file_urls_request.file_names.append(name)
        self._socket.send_binary(message.SerializeToString())
        while True:
            answer = self._receive()
            if answer.WhichOneof("type") == "file_urls_response":
                return answer.file_urls_response.file_urls[0]

    def give(self, label: str, name: str, size: int, urls: FileURLs) -> Shown:
        """Give a file to an uploader, once it has been put where `file_urls` said."""
        info = UploadedFileInfo(name=name, size=size, file_id=urls.file_id, file_urls=urls)
        state = WidgetState(id=self.shown.uploaders[label])
        state.file_uploader_state_value.uploaded_file_info.append(info)
        self._states[state.id] = state
        return self._run(self._here())

    def close(self) -> None:
        """Close the window."""
        self._socket.close()

    def _here(self, *states: WidgetState) -> ClientState:
        state = ClientState(page_script_hash=self.page, query_string=self.query)
        state.widget_states.widgets.extend([*self._states.values(), *states])
        return state

    def _run(self, state: ClientState) -> Shown:
        """Have the server run the page, or a part of it, to the end.

        Raises:
            PageError: it did not end well, or has shown an error.
        """
        part = bool(state.fragment_id)
        state.context_info.url = f"{self._address}/"
        state.context_info.timezone = "UTC"
        self._socket.send_binary(BackMsg(rerun_script=state).SerializeToString())
        shown = Shown()
        if not part:
            self.shown = shown
        began = time.monotonic()
        while not self._take(self._receive(shown), shown, part):
            if time.monotonic() - began > PATIENCE:
                raise PageError("the page was not finished in time")
        if shown.wrong:
            raise PageError("; ".join(shown.wrong)[:300])
        return shown

    def _receive(self, shown: Shown | None = None) -> ForwardMsg:
        data = self._socket.recv()
        if not data:
            raise PageError("the server hung up")
        if shown is not None:
            shown.size += len(data)
        return ForwardMsg.FromString(data)

    def _take(self, message: ForwardMsg, shown: Shown, part: bool) -> bool:
        """Take in a message; return whether it ends the run that was asked for."""
        kind = message.WhichOneof("type")
        if kind == "delta":
            _look(message.delta, shown)
        elif kind == "new_session":
            self.session_id = message.new_session.initialize.session_id
            self.page = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:  # the whole page begins anew
                shown.forget()
                self.shown = shown
        elif kind == "navigation":
            self.page = message.navigation.page_script_hash
            pages = message.navigation.app_pages
            self.pages = {page.url_pathname: page.page_script_hash for page in pages}
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            shown.repeating[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "session_event":
            exception = message.session_event.script_compilation_exception
            if exception.message:
                shown.wrong.append(f"exception: {exception.message}")
        elif kind == "page_not_found":
            shown.wrong.append("page not found")
        if kind != "script_finished":
            return False
        if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            shown.wrong.append("the script does not compile")
        ends = (*WHOLE, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY) if part else WHOLE
        return message.script_finished in ends


def _look(delta: Delta, shown: Shown) -> None:
    """Note what an element of the page offers, and whether it tells of an error."""
    element = delta.new_element
    kind = element.WhichOneof("type")
    if kind == "exception":
        shown.wrong.append(f"exception: {element.exception.type} {element.exception.message}")
    elif kind == "alert" and element.alert.format == Alert.ERROR:
        shown.wrong.append(f"error box: {element.alert.body}")
    elif kind == "button":
        shown.buttons[element.button.label] = element.button.id
    elif kind == "file_uploader":
        shown.uploaders[element.file_uploader.label] = element.file_uploader.id
    elif kind == "imgs":
        shown.pictures |= {image.url for image in element.imgs.imgs if image.url.startswith("/")}
