// What the page itself does: keeps the focus and the spoken word with what changed, says when the
// server cannot be reached, and tells the LMS how tall we are. It knows nothing of attempts.
"use strict";
{
  const say = document.getElementById("announce");
  const trouble = document.getElementById("trouble");
  const OWN = '[data-part="trouble"]'; // a form far down the page says beside its button why it failed
  const stepOf = (root) => root.querySelector("[data-step]")?.dataset.step;
  const activity = document.querySelector("body > header strong")?.textContent;
  const language = document.documentElement.lang;
  let step = stepOf(document);

  // The server knows no reader's time zone, so it names UTC: here moments are told by this
  // browser's clock, and named after its zone.
  const clocks = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  const date = { day: "numeric", month: "short" };
  const told = { day: [{ ...date, year: "numeric" }], moment: [date, clocks], time: [clocks] };
  const written = (moment, style) => {
    const tag = language === "en" && style !== clocks ? "en-GB" : language; // the day before its month, as the server writes it
    return new Intl.DateTimeFormat(tag, { ...style, numberingSystem: "latn", calendar: "gregory" }).format(moment);
  };
  const tellMoments = () => document.querySelectorAll("time[data-told]").forEach((one) => {
    one.title = one.textContent;
    one.textContent = told[one.dataset.told].map((style) => written(new Date(one.dateTime), style)).join(", ");
    one.removeAttribute("data-told");
  });
  document.addEventListener("htmx:load", tellMoments);
  tellMoments();

  document.addEventListener("htmx:load", ({ detail: { elt } }) => {
    if (elt === document.body) return;
    if (trouble.contains(elt) && trouble.dataset.of !== "draft") trouble.focus();
    elt.closest(OWN)?.focus();
    const words = elt.querySelector("[data-announce]")?.textContent.replace(/\s+/g, " ").trim();
    if (words && words !== say.textContent) say.textContent = words;
    if (!elt.dataset.step) return;
    document.title = [...new Set([elt.dataset.title, activity, "Eyeball"])].filter(Boolean).join(" · ");
    const target = elt.querySelector("[data-focus='always']") ?? elt.querySelector("[data-focus]");
    // A waiting page is drawn anew while it waits: the reader's place is not taken away for that.
    if (elt.dataset.step !== step || target?.dataset.focus === "always") target?.focus();
    step = elt.dataset.step;
  });

  // An exam's clock: the server said how long there is, and counts; here it is only told.
  const plural = new Intl.PluralRules(language);
  const minutesLeft = (clock, minutes) => {
    const forms = JSON.parse(clock.dataset.minutes);
    return (forms[plural.select(minutes)] ?? forms.other).replace("#", minutes);
  };
  const tell = (clock, ends) => {
    const left = Math.ceil((ends - performance.now()) / 1000);
    const minutes = Math.ceil(left / 60);
    const words = left <= 0 ? clock.dataset.over : minutes < 2 ? clock.dataset.last : minutesLeft(clock, minutes);
    const part = clock.querySelector('[data-part="left"]');
    if (part.textContent === words || !clock.isConnected) return clock.isConnected && left > 0;
    const warns = [5, 1].includes(minutes) || left <= 0;
    if (warns && part.textContent) say.textContent = words;
    part.textContent = words;
    clock.classList.toggle("ending", minutes <= 5);
    return left > 0;
  };
  const runClocks = () => document.querySelectorAll(".clock:not([data-runs])").forEach((clock) => {
    clock.dataset.runs = "";
    const ends = performance.now() + 1000 * clock.dataset.left;
    tell(clock, ends);
    const timer = setInterval(() => { if (!tell(clock, ends)) clearInterval(timer); }, 1000);
  });
  document.addEventListener("htmx:load", runClocks);
  runClocks();

  // Whoever sets times up thinks in the time zone of this browser, until they say another.
  const zone = document.querySelector("input[data-zone]");
  if (zone?.value === "UTC") zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";

  // Nothing moves under a finger: between the press and the release of a button nothing that comes
  // by itself changes the page or its height, or the release would miss the button.
  const LONGEST_PRESS = 3000; // milliseconds; a release outside of the window is never heard of
  let pressed = -Infinity;
  const isPressed = () => performance.now() - pressed < LONGEST_PRESS;
  const unpressed = (act) => { if (isPressed()) setTimeout(unpressed, 100, act); else act(); };
  window.addEventListener("pointerdown", () => { pressed = performance.now(); }, true);
  for (const end of ["pointerup", "pointercancel"]) {
    window.addEventListener(end, () => { setTimeout(() => { pressed = -Infinity; }); }, true); // after the click
  }

  // Drafts and polls come by themselves: what goes wrong with one takes no focus, and is taken back by
  // the next of its kind that gets through. A step that gets through takes back all.
  const kindOf = (elt) => (elt.matches("[hx-swap=none]") ? "draft" : elt.matches("[hx-trigger^=every]") ? "poll" : "step");
  const lost = ({ detail: { elt } }) => unpressed(() => {
    trouble.dataset.of = kindOf(elt);
    if (trouble.textContent !== trouble.dataset.words) trouble.textContent = trouble.dataset.words;
    if (elt.matches("form")) trouble.focus(); // on a phone it is far above the button
  });
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:responseError", ({ detail }) => { if (detail.xhr.status >= 500) lost({ detail }); });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { elt } = detail.requestConfig;
    const { status } = detail.xhr;
    const kind = kindOf(elt);
    const draft = kind === "draft";
    if (kind !== "step" && isPressed()) detail.shouldSwap = false; // it will come again
    if ((draft && status >= 400) || (status === 401 && elt.matches("form:has(textarea, input:not([type=hidden]))"))) {
      // What was typed since the launch ended is nowhere else: it stays in sight.
      Object.assign(detail, { target: trouble, selectOverride: "[data-sentence]", swapOverride: "innerHTML" });
    }
    if (detail.target === trouble) {
      if (draft && status < 500 && trouble.textContent.trim()) detail.shouldSwap = false; // said once, or a step has just said more
      if (detail.shouldSwap) trouble.dataset.of = kind;
    }
    const own = elt.querySelector(OWN);
    if (own && detail.target === trouble) detail.target = own;
  });
  document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
    const { elt, xhr: { status } } = detail;
    const kind = kindOf(elt);
    const takesBack = () => { if (trouble.dataset.of === kind) trouble.textContent = ""; };
    if (kind !== "step" && status < 400) unpressed(takesBack);
    if (kind === "step" && status < 500) trouble.textContent = "";
  });

  // Whoever types on while an answer to what they typed is under way has changed their mind: what
  // comes would put the older number in the newer one's place.
  document.addEventListener("input", ({ target }) => {
    if (target.form?.matches(".estimate.htmx-request")) htmx.trigger(target.form, "htmx:abort");
  });

  const tellHeight = () => {
    const root = document.documentElement;
    let told = 0;
    let lately = []; // a frame whose new height moves its own page would go on for ever
    let later; // but what was not told at once is told in the end
    const tell = () => {
      clearTimeout(later);
      if (isPressed()) {
        later = setTimeout(tell, 100);
        return;
      }
      const height = Math.ceil(root.getBoundingClientRect().height);
      if (height <= told && told - height < 4) return; // a little room hurts nobody, a scrollbar does
      const now = performance.now();
      lately = lately.filter((moment) => now - moment < 5000);
      if (lately.length >= 12) {
        later = setTimeout(tell, 1000);
        return;
      }
      lately.push(now);
      told = height;
      // To whoever frames us: the message holds a height and nothing else.
      window.parent.postMessage({ subject: "lti.frameResize", height }, "*");
    };
    new ResizeObserver(tell).observe(root);
  };

  // Only an LMS that says it can change its frame is told how tall we are; many cannot.
  if (window.parent !== window) {
    const asked = `eyeball-${Math.random()}`;
    const heard = ({ source, data }) => {
      if (source !== window.parent || data?.subject !== "lti.capabilities.response" || data.message_id !== asked) return;
      window.removeEventListener("message", heard);
      const known = Array.isArray(data.supported_messages) ? data.supported_messages : [];
      if (known.some((message) => message?.subject === "lti.frameResize")) tellHeight();
    };
    window.addEventListener("message", heard);
    window.parent.postMessage({ subject: "lti.capabilities", message_id: asked }, "*");
  }
}
