// Draws a rectangle over the picture and writes it into the form, in percent: typing does the same.
"use strict";
{
  function enhance(figure) {
    figure.dataset.ready = "";
    const form = figure.closest("[data-step]").querySelector("[data-cover-form]");
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
  }

  const scan = () => document.querySelectorAll("[data-cover]:not([data-ready])").forEach(enhance);
  document.addEventListener("htmx:load", scan);
  scan();
}
