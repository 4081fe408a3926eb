"use strict";
// Each slide is a clip, which plays when its slide comes and stands still at its end. Where motion is not wanted, and in
// the small pictures of the speaker's window, the slide is its key frame.

const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const clipOf = (slide) => slide?.querySelector("video");

function blob(text) {
  return new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], { type: "video/mp4" });
}

function begin(slide) {
  document.querySelectorAll("video").forEach((video) => video.pause());
  const video = clipOf(slide);
  if (!video || calm || Reveal.isSpeakerNotes()) return;
  video.currentTime = 0;
  // A browser may refuse to play sound before a key is pressed: then the next key or click begins.
  video.play().catch(() => {
    const again = () => clipOf(Reveal.getCurrentSlide()) === video && video.play();
    addEventListener("pointerdown", again, { once: true });
    addEventListener("keyup", again, { once: true });
  });
}

function toggle() {
  const video = clipOf(Reveal.getCurrentSlide());
  if (video.paused) video.play();
  else video.pause();
}

document.querySelectorAll("video").forEach((video) => {
  const clip = document.getElementById(video.dataset.clip);
  video.src = URL.createObjectURL(blob(clip.textContent));
  clip.remove();
});
Reveal.initialize({
  width: WIDTH,
  height: HEIGHT,
  margin: 0,
  maxScale: 8,
  hash: true,
  controls: false,
  transition: "none",
  backgroundTransition: "none",
  plugins: [RevealNotes],
  keyboard: { 75: toggle, 82: () => begin(Reveal.getCurrentSlide()) }, // k, r
}).then(() => {
  // Elsewhere a poster would flash up before the first frame.
  const still = calm || Reveal.isSpeakerNotes() || Reveal.isPrintView();
  if (still) document.querySelectorAll("video").forEach((video) => (video.poster = video.dataset.poster));
  begin(Reveal.getCurrentSlide());
  Reveal.on("slidechanged", (event) => begin(event.currentSlide));
  document.body.dataset.ready = "yes";
});
