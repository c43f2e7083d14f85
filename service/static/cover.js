// The cover screen: goes through the clip frame by frame, shows what was found enlarged, draws a
// rectangle over the picture and writes it into the form, in percent: typing does the same.
"use strict";
{
  const ENLARGED = 480; // pixels across, and at most six times as large
  const AROUND = 0.3; // of the place's height: writing is judged by what is beside it

  // Paints the place, with a little of what lies around it, whenever another frame is shown.
  function enlarge(video, canvas) {
    const [x, y, width, height] = canvas.dataset.place.split(" ").map(Number);
    const margin = AROUND * height;
    const [left, top] = [Math.max(0, x - margin), Math.max(0, y - margin)];
    const across = Math.min(video.width, x + width + margin) - left;
    const down = Math.min(video.height, y + height + margin) - top;
    const scale = Math.min(6, ENLARGED / across);
    [canvas.width, canvas.height] = [Math.round(across * scale), Math.round(down * scale)];
    return () => {
      canvas.getContext("2d").drawImage(video, left, top, across, down, 0, 0, canvas.width, canvas.height);
    };
  }

  function goThrough(figure, step) {
    const part = (name) => figure.querySelector(`[data-part="${name}"]`);
    const [video, scrub, where] = [figure.querySelector("video"), part("scrub"), part("where")];
    const times = JSON.parse(figure.dataset.cover);
    const places = [...step.querySelectorAll("canvas[data-place]")].map((canvas) => enlarge(video, canvas));
    const last = times.length - 1;
    const show = () => {
      const k = Number(scrub.value);
      const until = times[k + 1] ?? times[k] + (times[k] - (times[k - 1] ?? 0));
      video.currentTime = (times[k] + until) / 2;
      where.textContent = figure.dataset.where
        .replace("{n}", k + 1).replace("{of}", last + 1).replace("{t}", times[k].toFixed(2).replace(".", figure.dataset.decimal));
      scrub.setAttribute("aria-valuetext", where.textContent);
    };
    const paint = () => places.forEach((place) => place());
    video.addEventListener("seeked", paint);
    if (video.readyState >= 2) paint(); else video.addEventListener("loadeddata", paint);
    scrub.addEventListener("input", show);
    part("controls").hidden = false;
    show();
  }

  function enhance(figure) {
    figure.dataset.ready = "";
    const step = figure.closest("[data-step]");
    const form = step.querySelector("[data-cover-form]");
    const canvas = figure.querySelector('[data-part="canvas"]');
    const drawn = figure.querySelector('[data-part="drawn"]');
    const { width, height } = canvas.viewBox.baseVal;
    const inputs = ["left", "top", "width", "height"].map((name) => form.elements[name]);
    let start = null;

    const paint = ([left, top, wide, high]) => {
      const parts = { x: left * width, y: top * height, width: wide * width, height: high * height };
      for (const [name, value] of Object.entries(parts)) drawn.setAttribute(name, value / 100);
    };
    const place = ({ clientX, clientY }) => {
      const box = canvas.getBoundingClientRect();
      const share = (at, from, size) => Math.min(Math.max((100 * (at - from)) / size, 0), 100);
      return [share(clientX, box.left, box.width), share(clientY, box.top, box.height)];
    };
    const draw = (event) => {
      const [x, y] = place(event);
      const corner = [Math.min(start[0], x), Math.min(start[1], y)];
      const values = [...corner, Math.abs(x - start[0]), Math.abs(y - start[1])];
      inputs.forEach((input, k) => { input.value = values[k].toFixed(1); });
      paint(values);
    };

    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      start = place(event);
    });
    canvas.addEventListener("pointermove", (event) => { if (start) draw(event); });
    canvas.addEventListener("pointerup", () => { start = null; });
    canvas.addEventListener("pointercancel", () => { start = null; });
    form.addEventListener("input", () => {
      paint(inputs.map((input) => Number.parseFloat(input.value.replace(",", ".")) || 0));
    });
    goThrough(figure, step);
  }

  const scan = () => document.querySelectorAll("[data-cover]:not([data-ready])").forEach(enhance);
  document.addEventListener("htmx:load", scan);
  scan();
}
