// The player: steps through a clip frame by frame. Frame times come with the page, since a clip's
// frames need not be evenly spaced. Keys work only while the player has the focus (WCAG 2.1.4).
"use strict";
{
  const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0.04;

  function enhance(stage) {
    stage.dataset.ready = "";
    const part = (name) => stage.querySelector(`[data-part="${name}"]`);
    const video = stage.querySelector("video");
    const [scrub, play, speed, loop, where] = ["scrub", "play", "speed", "loop", "where"].map(part);
    const times = JSON.parse(stage.dataset.frames);
    const last = times.length - 1;
    const end = times[last] + median(times.slice(1).map((t, k) => t - times[k]));
    const middle = (k) => (times[k] + (times[k + 1] ?? end)) / 2;
    const frameAt = (t) => {
      let k = times.findIndex((start) => start > t + 1e-3) - 1;
      return k === -2 ? last : Math.max(k, 0);
    };
    let frame = 0;

    const paint = (k) => {
      frame = k;
      scrub.value = k;
      where.textContent = stage.dataset.where
        .replace("{n}", k + 1).replace("{of}", times.length).replace("{t}", times[k].toFixed(2));
      scrub.setAttribute("aria-valuetext", where.textContent);
    };
    const seek = (k) => {
      video.pause();
      paint(video.loop ? (k + times.length) % times.length : Math.min(Math.max(k, 0), last));
      video.currentTime = middle(frame);
    };
    const toggle = () => { if (video.paused) video.play().catch(() => {}); else video.pause(); };
    const pace = (by) => {
      speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + by, 0), speed.options.length - 1);
      video.playbackRate = video.defaultPlaybackRate = Number(speed.value);
    };
    const cycle = () => {
      video.loop = !video.loop;
      loop.setAttribute("aria-pressed", video.loop);
    };

    // What is on screen is the truth: the browser says which frame it shows, where it can.
    if (video.requestVideoFrameCallback) {
      const shown = (_, { mediaTime }) => {
        if (!video.seeking) paint(frameAt(mediaTime));
        video.requestVideoFrameCallback(shown);
      };
      video.requestVideoFrameCallback(shown);
    } else {
      video.addEventListener("timeupdate", () => { if (!video.seeking) paint(frameAt(video.currentTime)); });
    }
    const state = () => {
      stage.toggleAttribute("data-playing", !video.paused);
      play.querySelector("span").textContent = video.paused ? play.dataset.play : play.dataset.pause;
    };
    video.addEventListener("play", state);
    video.addEventListener("pause", state);
    video.addEventListener("click", toggle);
    play.addEventListener("click", toggle);
    part("back").addEventListener("click", () => seek(frame - 1));
    part("forward").addEventListener("click", () => seek(frame + 1));
    scrub.addEventListener("input", () => seek(Number(scrub.value)));
    speed.addEventListener("change", () => pace(0));
    loop.addEventListener("click", cycle);

    const keys = {
      " ": toggle,
      ArrowLeft: (by) => seek(frame - by), ",": (by) => seek(frame - by),
      ArrowRight: (by) => seek(frame + by), ".": (by) => seek(frame + by),
      "[": () => pace(-1), "]": () => pace(1), l: cycle,
    };
    stage.addEventListener("keydown", (event) => {
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const act = keys[key];
      if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.target === speed || (key === " " && event.target.matches("button, a"))) return;
      event.preventDefault();
      act(event.shiftKey ? 5 : 1);
    });

    const expired = () => {
      part("expired").hidden = false;
      part("controls").hidden = video.hidden = true;
    };
    video.addEventListener("error", expired);
    video.controls = false;
    video.tabIndex = 0;
    video.muted = true;
    part("controls").hidden = part("keys").hidden = false;
    paint(0);
    if (video.error) expired();
  }

  const scan = () => document.querySelectorAll(".stage[data-frames]:not([data-ready])").forEach(enhance);
  document.addEventListener("htmx:load", scan);
  scan();
}
