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
