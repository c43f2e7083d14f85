// Sends a clip: asks for a grant, puts the bytes where the grant says (in pieces, if it takes pieces,
// so that a broken connection goes on where it broke), reports that it is done, and lets htmx show
// the answer. The file's name never leaves this computer.
"use strict";
{
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const PIECE = 1024 * 1024; // bytes: what a broken connection can cost
  const TRIES = 6; // in a row, over about a minute; then the person decides
  const DROPPED = Symbol("the connection dropped");
  const EXPIRED = Symbol("the address holds no longer");
  const REPLACED = Symbol("another clip has taken its place");
  const TURN = 5000; // milliseconds between asking whether it is our turn
  const TURNS = 120; // ten minutes

  function enhance(drop) {
    drop.dataset.ready = "";
    const part = (name) => drop.querySelector(`[data-part="${name}"]`);
    const input = drop.querySelector("input");
    const bar = drop.querySelector("progress");
    const words = drop.dataset;
    const megabytes = (bytes) =>
      (bytes / 1024 / 1024).toFixed(bytes < 10485760 ? 1 : 0).replace(".", words.decimal);
    const headers = () => JSON.parse(document.body.getAttribute("hx-headers"));
    const announce = (text) => { document.getElementById("announce").textContent = text; };
    const earlier = drop.parentElement.querySelector('[data-part="refused"]'); // what the last clip was refused for
    let file = null;
    let sending = null;
    let resuming = null; // the grant of an upload that broke off
    let arrived = null; // the grant of one that is all there
    let stopped = false;
    let wake = null; // ends a pause
    const pause = async (time) => {
      await new Promise((go) => { wake = go; setTimeout(go, time); });
      if (stopped) throw "";
    };

    const chosen = (one) => { // preview.js shows it; its name is told on this page alone
      part("name").hidden = !one;
      part("name").textContent = one?.name ?? "";
      document.dispatchEvent(new CustomEvent("eyeball:chosen", { detail: one }));
    };
    const rest = () => {
      part("progress").hidden = true;
      input.disabled = false;
      drop.classList.remove("sending");
    };
    const refuse = (text, again) => {
      rest();
      if (!again) chosen(null);
      input.value = ""; // whoever has mended the file chooses the same one again
      part("refusal").textContent = text;
      part("retry").hidden = !again;
      if (again) part("retry").focus();
    };
    const show = (sent) => {
      const percent = Math.floor((100 * sent) / file.size);
      bar.value = percent;
      part("words").textContent = fill(words.progress, { percent, sent: megabytes(sent), total: megabytes(file.size) });
      return percent;
    };

    const request = (grant, body, headers, onProgress) => new Promise((done, failed) => {
      sending = new XMLHttpRequest();
      sending.open(grant.method, grant.url);
      for (const [name, value] of Object.entries({ ...grant.headers, ...headers })) sending.setRequestHeader(name, value);
      sending.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
      sending.addEventListener("load", () => {
        if (sending.status < 300) done(sending);
        else failed({ 403: EXPIRED, 410: REPLACED }[sending.status] ?? words.failed);
      });
      sending.addEventListener("error", () => failed(DROPPED));
      sending.addEventListener("abort", () => failed(""));
      sending.send(body);
    });

    // How many bytes the server has: a broken connection may have brought more than we heard of.
    const offsetOf = async (grant) => {
      const answer = await request(grant, null, { "Content-Range": `bytes */${file.size}` }, () => {});
      return Number(answer.getResponseHeader("Upload-Offset"));
    };

    // Where to go on from; after a long break that takes a new address for what has begun.
    async function placeIn(grant) {
      try {
        return [grant, await offsetOf(grant)];
      } catch (why) {
        if (why !== EXPIRED) throw why;
        const renewed = await grantFor(file.size, true);
        return [renewed, await offsetOf(renewed)];
      }
    }

    async function putInPieces(grant) {
      let offset = 0;
      let tries = 0;
      if (resuming === grant) [grant, offset] = await placeIn(grant);
      resuming = grant;
      while (offset < file.size) {
        if (stopped) throw "";
        const end = Math.min(offset + PIECE, file.size);
        const range = { "Content-Range": `bytes ${offset}-${end - 1}/${file.size}` };
        const from = offset;
        try {
          await request(grant, file.slice(offset, end, ""), range, (loaded) => show(Math.min(from + loaded, file.size)));
          offset = end;
          tries = 0;
        } catch (why) {
          if (why === "" || why === REPLACED || ++tries > TRIES) throw why === DROPPED ? fill(words.dropped, { percent: show(offset) }) : why;
          if (why !== EXPIRED) await pause(500 * 2 ** tries);
          [grant, offset] = await placeIn(grant).catch(() => [grant, offset]);
          resuming = grant;
        }
      }
      resuming = null;
    }

    async function put(grant) {
      if (grant.resumable) return putInPieces(grant);
      let percent = 0;
      return request(grant, file.slice(0, file.size, ""), {}, (loaded) => { percent = show(Math.min(loaded, file.size)); })
        .catch((why) => { throw why === DROPPED ? fill(words.dropped, { percent }) : why; });
    }

    async function grantFor(bytes, again) {
      for (let turn = 0; turn < TURNS; turn++) {
        sending = new AbortController();
        const asked = await fetch(words.upload, {
          method: "POST",
          signal: sending.signal,
          headers: { ...headers(), "Content-Type": "application/json", "HX-Request": "true" },
          body: JSON.stringify({ bytes, again }),
        });
        if (asked.ok) return asked.json();
        if (asked.status >= 500) throw words.failed;
        const page = new DOMParser().parseFromString(await asked.text(), "text/html");
        const sentence = page.querySelector("[data-sentence]")?.textContent ?? words.failed;
        if (asked.status !== 429) throw sentence;
        part("words").textContent = sentence; // a flood: everybody waits for their turn
        if (turn === 0) announce(sentence);
        await pause(TURN);
      }
      throw words.failed;
    }

    // Where the connection goes just then, the word alone is sent again, not the clip.
    async function tellDone({ done_url }) {
      for (let tries = 1; tries <= TRIES; tries++) {
        const asked = htmx.ajax("POST", done_url, { source: drop, target: "#attempt", swap: "innerHTML" });
        const lost = await asked.then(() => false, () => true); // an answer, whatever it says, is none
        if (!drop.isConnected) return;
        if (!lost) throw words.failed; // the page says why
        await pause(500 * 2 ** tries);
      }
      throw fill(words.dropped, { percent: 100 });
    }

    async function send() {
      stopped = false;
      part("retry").hidden = part("progress").hidden = true;
      part("refusal").textContent = "";
      if (!file.size) return refuse(words.empty, false);
      if (file.size > Number(words.maxMegabytes) * 1024 * 1024) {
        return refuse(fill(words.tooLarge, { size: Math.ceil(file.size / 1024 / 1024), limit: words.maxMegabytes }), false);
      }
      part("progress").hidden = false;
      input.disabled = true;
      drop.classList.add("sending");
      show(0);
      announce(words.begun);
      try {
        const grant = arrived ?? resuming ?? await grantFor(file.size, false);
        if (grant !== arrived) await put(grant);
        arrived = grant;
        announce(words.finishing);
        part("words").textContent = words.finishing;
        await tellDone(grant);
      } catch (why) {
        if (why === words.failed || stopped) resuming = arrived = null; // the server will not go on: begin anew
        if (stopped) rest();
        else if (why === REPLACED) refuse(words.replaced, false);
        else if (why instanceof TypeError) refuse(fill(words.dropped, { percent: 0 }), true); // fetch
        else refuse(typeof why === "string" ? why : words.failed, true);
      }
    }

    const take = (files) => {
      if (!files.length || input.disabled) return;
      file = files[0];
      resuming = arrived = null;
      earlier?.setAttribute("hidden", "");
      chosen(file);
      send();
    };
    input.addEventListener("change", () => take(input.files));
    part("retry").addEventListener("click", send);
    part("stop").addEventListener("click", () => {
      stopped = true;
      sending?.abort();
      wake?.();
      resuming = arrived = null;
      input.value = "";
      chosen(null);
    });
    for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
        if (kind === "drop") take(event.dataTransfer.files);
      });
    }
    take(input.files); // chosen before this script was there
  }

  const scan = () => document.querySelectorAll("[data-upload]:not([data-ready])").forEach(enhance);
  document.addEventListener("htmx:load", scan);
  scan();
}

// The cover screen: goes through the clip frame by frame, shows what was found enlarged, draws a
// rectangle over the picture and writes it into the form, in percent: typing does the same.
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
