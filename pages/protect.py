"""Protect: photos in; marked photos to publish and a sealed kit out."""

from collections.abc import Mapping, Sequence

import streamlit as st

from auditcore.jobs import protect
from auditcore.jobs.queue import JobState
from auditcore.photos import Captioned
from pages._parts import keys, lines, photos_in, session, waiting

session.enter(__file__)
st.title("Protect photos")


def choose() -> None:
    """Take photos in, show what a mark looks like, and queue the work."""
    st.html(
        "<p class='tt-lead'>Do this before you publish. You get a marked copy of each photo to "
        "publish instead of the original, and one sealed kit to keep.</p>"
    )
    st.header("1. Your photos", anchor=False)
    given = photos_in.upload()
    if not given:
        st.caption(
            "JPEG, PNG or WebP. They stay on this machine. Location and other hidden data are "
            "removed from the copies you will publish."
        )
        return
    ready = [photo for photo in given if photo.inspected.refused is None]
    if not ready:
        return
    st.header("2. Captions, if you publish any", anchor=False)
    captions = photos_in.captions([photo.name for photo in ready])
    st.header("3. How visible may the mark be?", anchor=False)
    level = photos_in.visibility(ready)
    many = "this photo" if len(ready) == 1 else f"these {len(ready)} photos"
    if captions is not None and st.button(
        f"Protect {many}", type="primary", key=keys.START_PROTECT, icon=":material/shield:"
    ):
        start(ready, captions, level)


def start(
    ready: Sequence[photos_in.Given], captions: Mapping[str, Captioned], level: float
) -> None:
    """Queue the work, and go to its page."""
    photos = [(photo.name, photo.read()) for photo in ready]
    job = waiting.begin(
        lambda: protect.submit(
            session.queue(),
            photos,
            captions=captions,
            visibility=level,
            versions=photos_in.VERSIONS,
            owner=session.owner(),
        )
    )
    if job is not None:
        st.query_params[keys.JOB] = job
        st.rerun()


@st.fragment(run_every=1.0)
def follow(job_id: str) -> None:
    """Show a running job, once a second, until it has ended."""
    session.waker().wake()
    job = waiting.find(job_id)
    if job is None or job.ended:
        st.rerun()
    waiting.show(job)
    st.caption("You may close this page. The work goes on, and this address brings you back.")
    if st.button("Cancel", key=keys.CANCEL_PROTECT):
        protect.cancel(session.queue(), job_id, session.owner())


def finished(result: protect.Protected) -> None:
    """Hand over the photos and the kit, and say what to do next."""
    st.success("Your photos are protected.", icon=":material/verified_user:")
    st.markdown(
        "**What to do next.** Publish the marked photos in place of the originals, with the same "
        "captions, and nowhere the originals. Keep the kit somewhere safe and secret: without it "
        "nothing can be checked later, and it cannot be made again. When a model appears that may "
        "have used your photos, open the kit under *Check a model*."
    )
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Save the photos to publish",
            data=lambda: protect.zip_published(result.kit_id),
            file_name="photos-to-publish.zip",
            mime="application/zip",
            type="primary",
            icon=":material/photo_library:",
            key=keys.DOWNLOAD_PHOTOS,
            on_click="ignore",
        )
        st.download_button(
            "Save the kit",
            data=lambda: session.shelf().path(result.kit_id, session.owner()).read_bytes(),
            file_name=f"telltale-kit-{result.kit_id[:8]}.zip",
            mime="application/zip",
            type="primary",
            icon=":material/key:",
            key=keys.DOWNLOAD_KIT,
            on_click="ignore",
        )
    st.caption("A copy of both also stays on this machine, in the app's own folder.")
    st.session_state[keys.CHOSEN_KIT] = result.kit_id
    st.header("What happened to each photo", anchor=False)
    lines.show(
        lines.file_line(
            line.name,
            good=line.refused is None,
            word="marked." if line.refused is None else "left out.",
            notes=line.notes if line.refused is None else (line.refused,),
        )
        for line in result.lines
    )


def again() -> None:
    """Offer to start anew."""
    if st.button("Protect other photos", key=keys.AGAIN_PROTECT):
        del st.query_params[keys.JOB]
        photos_in.forget()
        st.rerun()


def come_back(job_id: str) -> None:
    """Show the job that the address names."""
    job = waiting.find(job_id)
    if job is not None and not job.ended:
        follow(job_id)
        return
    if job is not None and job.state is JobState.DONE:
        finished(protect.protected(job))
    elif job is not None and job.state is JobState.FAILED:
        waiting.failed(job, keys.RETRY_PROTECT)
    elif job is not None:
        protect.discard(job.id)  # cancelled just when it stepped aside, nobody else would
        st.info("Cancelled. Nothing was kept, and nothing was published.")
    again()


if keys.JOB in st.query_params:
    come_back(st.query_params[keys.JOB])
else:
    choose()
