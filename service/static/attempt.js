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

  const scan = () => document.querySelectorAll(".stepper:not([data-ready])").forEach(enhance);
  document.addEventListener("htmx:load", scan);
  scan();
}

// What explains an answer follows the player: the curve's cursor, jumps to the ends of diastole and
// systole, the outline's key, and cases that play together. It draws nothing of its own.
{
  function enhance(root) {
    root.dataset.explained = "";
    const stage = root.querySelector(".stage[data-frames]");
    const area = root.querySelector(".area");
    const contour = root.querySelector('[data-part="contour"]');
    let frame = 0;
    const moveCursor = (time) => {
      const times = JSON.parse(area.dataset.times);
      const place = (100 * time) / (times.at(-1) || 1);
      for (const end of ["x1", "x2"]) area.querySelector('[data-part="cursor"]').setAttribute(end, place);
    };
    const seek = (to) => stage.dispatchEvent(new CustomEvent("eyeball:seek", { detail: to }));
    stage?.addEventListener("eyeball:frame", ({ detail }) => {
      frame = detail.frame;
      if (area) moveCursor(detail.time);
    });
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
    stage?.addEventListener("keydown", (event) => {
      if (!stage.querySelector('[data-part="keys"]').checked || event.ctrlKey || event.altKey || event.metaKey) return;
      const key = event.key.toLowerCase();
      const jump = jumps.find((button) => button.dataset.jump === key);
      if (jump) next(jump);
      if (key === "o" && contour) contour.checked = !contour.checked;
    });

    root.querySelectorAll("[data-mark]").forEach((button) => button.addEventListener("click", () => {
      root.querySelector(`input[name="${button.dataset.mark}"]`).value = frame;
      root.querySelector(`output[for="${button.dataset.mark}"]`).textContent = frame + 1;
    }));

    const together = root.querySelector('[data-part="together"]');
    const videos = [...root.querySelectorAll(".anchors video")];
    together?.addEventListener("click", () => {
      const play = videos.some((video) => video.paused);
      videos.forEach((video) => { if (play) video.play().catch(() => {}); else video.pause(); });
      const said = together.textContent;
      together.textContent = together.dataset.stop;
      together.dataset.stop = said;
    });
  }

  const scan = () => document.querySelectorAll('[data-step="reveal"]:not([data-explained])').forEach(enhance);
  document.addEventListener("htmx:load", scan);
  scan();
}
