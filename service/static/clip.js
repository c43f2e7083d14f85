// The player: steps through a clip frame by frame. Frame times come with the page, since a clip's
// frames need not be evenly spaced. Keys work only while the player has the focus, and can be
// switched off (WCAG 2.1.4). It never starts by itself, and knows nothing of any answer.
"use strict";
{
  const KEYS_OFF = "eyeball-keys-off";
  const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0.04;
  // What a key means, wherever it lies: brackets may take AltGr or Option, and a script that is not
  // ours has our letters on the same keys.
  const PLACES = { BracketLeft: "[", BracketRight: "]", Comma: ",", Period: "." };
  const meant = ({ key, code, ctrlKey, altKey, metaKey }) => {
    if (metaKey || ((ctrlKey || altKey) && !(altKey && "[]".includes(key)))) return "";
    if (/^[^\p{ASCII}\p{Script=Latin}]$/u.test(key)) return PLACES[code] ?? code.replace(/^Key/, "").toLowerCase();
    return key.length === 1 ? key.toLowerCase() : key;
  };
  // A video says only that it cannot be shown; asking for its first byte tells why.
  const whyLost = async (address) => {
    try {
      const { ok, status, body } = await fetch(address, { headers: { Range: "bytes=0-0" }, cache: "no-store" });
      body?.cancel();
      if (ok) return "unplayable";
      return status < 500 && status !== 429 ? "expired" : "unreachable";
    } catch {
      return "unreachable";
    }
  };
  // A browser that keeps nothing for us still plays: the preference then lasts as long as the page.
  const kept = (change) => { try { return change(localStorage); } catch { return null; } };

  function enhance(stage) {
    stage.dataset.ready = "";
    const part = (name) => stage.querySelector(`[data-part="${name}"]`);
    const video = stage.querySelector("video");
    const [scrub, play, speeds, loop, zoom, where] = ["scrub", "play", "speeds", "loop", "zoom", "where"].map(part);
    const view = part("window");
    const paces = [...speeds.querySelectorAll("input")];
    const times = JSON.parse(stage.dataset.frames);
    const last = times.length - 1;
    const end = times[last] + median(times.slice(1).map((t, k) => t - times[k]));
    const middle = (k) => (times[k] + (times[k + 1] ?? end)) / 2;
    const frameAt = (t) => {
      let k = times.findIndex((start) => start > t + 1e-3) - 1;
      return k === -2 ? last : Math.max(k, 0);
    };
    let frame = 0;
    let sought = 0; // when a frame was last asked for

    const paint = (k) => {
      frame = k;
      scrub.value = k;
      where.textContent = stage.dataset.where
        .replace("{n}", k + 1).replace("{of}", times.length).replace("{t}", times[k].toFixed(2).replace(".", stage.dataset.decimal));
      scrub.setAttribute("aria-valuetext", where.textContent);
      stage.dispatchEvent(new CustomEvent("eyeball:frame", { detail: { frame: k, time: times[k] } }));
    };
    const seek = (k) => {
      video.pause();
      sought = performance.now();
      paint(video.loop ? (k + times.length) % times.length : Math.min(Math.max(k, 0), last));
      video.currentTime = middle(frame);
    };
    const toggle = () => { if (video.paused) video.play().catch(() => {}); else video.pause(); };
    const pace = (by) => {
      const at = paces.findIndex((one) => one.checked) + by;
      const chosen = paces[Math.min(Math.max(at, 0), paces.length - 1)];
      chosen.checked = true;
      video.playbackRate = video.defaultPlaybackRate = Number(chosen.value);
    };
    const cycle = () => {
      video.loop = !video.loop;
      loop.setAttribute("aria-pressed", video.loop);
    };
    const near = () => {
      const is = view.classList.toggle("near");
      zoom.setAttribute("aria-pressed", is);
      if (!is) return;
      view.scrollLeft = (view.scrollWidth - view.clientWidth) / 2;
      view.scrollTop = (view.scrollHeight - view.clientHeight) / 3;
    };
    const pan = (across, down) => {
      view.scrollBy({ left: (across * view.clientWidth) / 4, top: (down * view.clientHeight) / 4 });
    };

    // What is on screen is the truth: the browser says which frame it shows, where it can. What it
    // says late, of a frame from before the one that was asked for, is no news.
    if (video.requestVideoFrameCallback) {
      const shown = (_, { mediaTime, presentationTime }) => {
        if (!video.seeking && !(presentationTime < sought)) paint(frameAt(mediaTime));
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
    play.addEventListener("click", toggle);
    part("back").addEventListener("click", () => seek(frame - 1));
    part("forward").addEventListener("click", () => seek(frame + 1));
    scrub.addEventListener("input", () => seek(Number(scrub.value)));
    speeds.addEventListener("change", () => pace(0));
    loop.addEventListener("click", cycle);
    zoom.addEventListener("click", near);
    stage.addEventListener("eyeball:seek", ({ detail }) => seek(detail));
    drag(view, toggle);

    const keys = {
      " ": toggle,
      ArrowLeft: (by) => seek(frame - by), ",": (by) => seek(frame - by),
      ArrowRight: (by) => seek(frame + by), ".": (by) => seek(frame + by),
      "[": () => pace(-1), "]": () => pace(1), "-": () => pace(-1), "+": () => pace(1), "=": () => pace(1), l: cycle, z: near,
      "?": () => { part("help").open = !part("help").open; },
    };
    const panning = {
      ArrowUp: () => pan(0, -1), ArrowDown: () => pan(0, 1), PageUp: () => pan(-1, 0), PageDown: () => pan(1, 0),
    };
    const shortcuts = part("keys");
    shortcuts.checked = kept((store) => store.getItem(KEYS_OFF)) === null;
    shortcuts.addEventListener("change", () => {
      kept((store) => (shortcuts.checked ? store.removeItem(KEYS_OFF) : store.setItem(KEYS_OFF, "1")));
    });
    stage.addEventListener("keydown", (event) => {
      const key = meant(event);
      if (!key || !shortcuts.checked) return;
      stage.dispatchEvent(new CustomEvent("eyeball:key", { detail: key }));
      const act = keys[key] ?? (view.classList.contains("near") && event.target !== scrub ? panning[key] : undefined);
      if (!act) return;
      if (event.target.matches("[type=radio]") && (key === " " || key.startsWith("Arrow"))) return;
      if (key === " " && event.target.matches("button, a, summary, [type=checkbox]")) return;
      event.preventDefault();
      act(event.shiftKey && key.startsWith("Arrow") ? 5 : 1);
    });

    const show = (lost) => {
      part("lost").hidden = !lost;
      part("controls").hidden = view.hidden = lost;
    };
    const gone = async () => {
      const why = await whyLost(video.src);
      if (!video.error) return;
      for (const words of part("lost").querySelectorAll("[data-why]")) words.hidden = words.dataset.why !== why;
      show(true);
    };
    video.addEventListener("error", gone);
    part("retry").addEventListener("click", () => { show(false); video.load(); play.focus(); });
    video.controls = false;
    video.tabIndex = 0;
    video.muted = true;
    paint(frameAt(Number(stage.dataset.opensAt)));
    if (video.error) gone();
  }

  // A tap plays or pauses; a drag moves the picture where it is larger than its window.
  function drag(view, tapped) {
    let from = null;
    view.addEventListener("pointerdown", ({ clientX, clientY, button, pointerType }) => {
      from = button === 0 ? { clientX, clientY, pointerType, left: view.scrollLeft, top: view.scrollTop, moved: false } : null;
    });
    view.addEventListener("pointermove", ({ clientX, clientY }) => {
      if (!from) return;
      from.moved ||= Math.hypot(clientX - from.clientX, clientY - from.clientY) > 6;
      if (from.pointerType === "touch") return; // the browser scrolls by itself
      view.scrollLeft = from.left - (clientX - from.clientX);
      view.scrollTop = from.top - (clientY - from.clientY);
    });
    view.addEventListener("pointerup", () => { if (from && !from.moved) tapped(); from = null; });
    view.addEventListener("pointercancel", () => { from = null; });
    view.addEventListener("pointerleave", () => { from = null; });
  }

  // Until there is a picture it is said that one is coming. A browser that keeps to what it has until
  // play is pressed says so (suspend), and then nothing comes by itself.
  function tellLoading(words) {
    words.dataset.ready = "";
    const video = words.parentElement.querySelector("video");
    const tell = () => { words.hidden = video.readyState >= 2 || video.networkState !== video.NETWORK_LOADING; };
    for (const name of ["loadstart", "loadeddata", "playing", "seeked", "suspend", "error"]) video.addEventListener(name, tell);
    video.addEventListener("waiting", () => { words.hidden = false; });
    tell();
  }

  const scan = () => {
    document.querySelectorAll(".stage[data-frames]:not([data-ready])").forEach(enhance);
    document.querySelectorAll('[data-part="loading"]:not([data-ready])').forEach(tellLoading);
  };
  document.addEventListener("htmx:load", scan);
  scan();
}
