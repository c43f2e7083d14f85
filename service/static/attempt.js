// The buttons beside the estimate: one point more or less, once a number is there. They offer no
// number of their own, since whatever is offered first is what people then type.
"use strict";
{
  function enhance(stepper) {
    stepper.dataset.ready = "";
    const input = stepper.querySelector("input");
    const buttons = stepper.querySelectorAll("button[data-by]");
    const number = () => (/^\s*\d{1,3}\s*%?\s*$/.test(input.value) ? Number.parseInt(input.value, 10) : null);
    const refresh = () => {
      const at = number();
      buttons.forEach((button) => {
        const to = at + Number(button.dataset.by);
        button.disabled = at === null || to < 0 || to > 100;
      });
    };
    buttons.forEach((button) => button.addEventListener("click", () => {
      input.value = number() + Number(button.dataset.by);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }));
    input.addEventListener("input", refresh);
    refresh();
  }

  // What was typed before anything listened is kept like the rest.
  const early = () => {
    const changed = (one) => one.value !== one.defaultValue || one.checked !== one.defaultChecked;
    const first = [...document.querySelectorAll(".estimate input[name]")].find(changed);
    first?.dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("htmx:load", early, { once: true });

  // What is sent may be overtaken on its way: each says which page it is from, and which of them it
  // is, and the server keeps the newest.
  const page = Math.random().toString(36).slice(2) || "0";
  let turn = 0;
  document.addEventListener("htmx:configRequest", ({ detail: { elt, verb, parameters } }) => {
    if (verb === "post" && elt.closest('[data-step="estimate"], [data-step="review"]')) parameters.turn = `${page}-${++turn}`;
  });

  const scan = () => document.querySelectorAll(".stepper:not([data-ready])").forEach(enhance);
  document.addEventListener("htmx:load", scan);
  scan();
}

// What explains an answer follows the player: the curve's cursor, the outline, and jumps to the ends
// of diastole and systole. It draws nothing of its own.
{
  function enhance(root) {
    root.dataset.explained = "";
    const stage = root.querySelector(".stage[data-frames]");
    const area = root.querySelector(".area");
    let frame = 0;
    const moveCursor = (time) => {
      const times = JSON.parse(area.dataset.times);
      const place = (100 * time) / (times.at(-1) || 1);
      for (const end of ["x1", "x2"]) area.querySelector('[data-part="cursor"]').setAttribute(end, place);
    };
    const seek = (to) => stage.dispatchEvent(new CustomEvent("eyeball:seek", { detail: to }));
    const borders = [...root.querySelectorAll(".stage .outline polygon")];
    const follow = (shown, time) => {
      frame = shown;
      for (const border of borders) border.classList.toggle("here", Number(border.dataset.frame) === frame);
      if (area) moveCursor(time);
    };
    stage?.addEventListener("eyeball:frame", ({ detail }) => follow(detail.frame, detail.time));
    if (stage) {
      const opensAt = Number(stage.querySelector('[data-part="scrub"]').value); // the player was ready first
      follow(opensAt, JSON.parse(stage.dataset.frames)[opensAt]);
    }
    area?.querySelector("svg").addEventListener("click", ({ clientX, currentTarget }) => {
      const { left, width } = currentTarget.getBoundingClientRect();
      const times = JSON.parse(area.dataset.times);
      const time = ((clientX - left) / width) * times.at(-1);
      seek(Math.max(times.findLastIndex((start) => start <= time), 0));
    });

    // The next one after what is shown; after the last, the first again.
    const next = (button) => {
      const frames = JSON.parse(button.dataset.frames);
      seek(frames.find((one) => one > frame) ?? frames[0]);
    };
    const jumps = [...root.querySelectorAll("[data-jump]")];
    jumps.forEach((button) => button.addEventListener("click", () => next(button)));

    // One switch for the outline, in two places. Whoever wants it sees it: where the frame shown has
    // none, the nearest one that has is shown.
    const contour = root.querySelector('[data-part="contour"]');
    const outline = root.querySelector('.stage [data-part="outline"]');
    contour?.addEventListener("change", () => outline?.setAttribute("aria-pressed", contour.checked));
    const flip = () => {
      const frames = JSON.parse(outline.dataset.frames);
      if (!contour.checked || frames.includes(frame)) contour.click();
      const near = (one) => Math.abs(one - frame);
      if (contour.checked && !frames.includes(frame)) seek(frames.reduce((a, b) => (near(b) < near(a) ? b : a)));
    };
    outline?.addEventListener("click", flip);
    stage?.addEventListener("eyeball:key", ({ detail: key }) => {
      const jump = jumps.find((button) => button.dataset.jump === key);
      if (jump) next(jump);
      if (key === "o") (outline ? flip() : contour?.click());
    });
    // Stills may come later than the rest.
    root.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-show]");
      if (!button) return;
      seek(Number(button.dataset.show));
      stage.querySelector("video").focus();
    });

    root.querySelectorAll("[data-mark]").forEach((button) => button.addEventListener("click", () => {
      root.querySelector(`input[name="${button.dataset.mark}"]`).value = frame;
      root.querySelector(`output[for="${button.dataset.mark}"]`).textContent = frame + 1;
    }));
  }

  const scan = () => document.querySelectorAll('[data-step="reveal"]:not([data-explained])').forEach(enhance);
  document.addEventListener("htmx:load", scan);
  scan();
}

// This clip between others, played as one: each begins its beat when this one does, and takes as
// long for it. Where a beat is not known they begin together, and begin again together.
{
  const SLOWEST = 0.5;
  const FASTEST = 2;

  function enhance(anchors) {
    anchors.dataset.ready = "";
    const button = anchors.querySelector('[data-part="together"]');
    if (!button) return;
    const videos = [...anchors.querySelectorAll("video")];
    const lead = videos.find((video) => video.src === document.querySelector(".stage video")?.src) ?? videos[0];
    const whole = videos.every((video) => video.dataset.cycle);
    const beat = (video) => (whole ? JSON.parse(video.dataset.cycle) : [0, video.duration]);
    let playing = false;
    let turn = 0; // whoever stops and goes on again begins anew, once
    const ready = (video, on) => new Promise((there) => { video.addEventListener(on, there, { once: true }); });

    const begin = async () => {
      const mine = ++turn;
      const pace = Number(document.querySelector(".stage .speeds input:checked")?.value ?? 1);
      await Promise.all(videos.map(async (video) => {
        if (!video.readyState) await ready(video, "loadedmetadata");
        video.currentTime = beat(video)[0] + 1e-3;
        await ready(video, "seeked");
      }));
      if (!playing || mine !== turn) return;
      const [start, length] = beat(lead);
      for (const video of videos) {
        const rate = whole ? Math.min(Math.max(beat(video)[1] / length, SLOWEST), FASTEST) : 1;
        video.playbackRate = pace * rate;
        video.play().catch(() => {});
      }
      const watch = () => {
        if (!playing || mine !== turn || !button.isConnected) return;
        const over = lead.currentTime >= start + length - 0.01 || lead.currentTime < start - 0.05 || lead.ended;
        if (over) begin(); else requestAnimationFrame(watch);
      };
      requestAnimationFrame(watch);
    };
    const toggle = () => {
      playing = !playing;
      if (playing) begin(); else videos.forEach((video) => video.pause());
      const said = button.textContent;
      button.textContent = button.dataset.stop;
      button.dataset.stop = said;
    };
    button.addEventListener("click", toggle);
    for (const video of videos) {
      video.controls = false;
      video.loop = false;
      video.addEventListener("click", toggle);
      video.addEventListener("error", () => {
        if (playing) toggle();
        anchors.querySelector('[data-part="beside-lost"]').hidden = false;
        anchors.querySelector('[data-part="beside"]').hidden = true;
      });
    }
  }

  const scan = () => document.querySelectorAll(".anchors:not([data-ready])").forEach(enhance);
  document.addEventListener("htmx:load", scan);
  scan();
}
