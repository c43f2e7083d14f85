// Sends a clip: asks for a grant, puts the bytes where the grant says (in pieces, if it takes pieces,
// so that a broken connection goes on where it broke), reports that it is done, and lets htmx show
// the answer. What stands still is said to, and goes on by itself. The file's name never leaves this
// computer.
"use strict";
{
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const PIECE = 1024 * 1024; // bytes: what a broken connection can cost
  const TRIES = 6; // in a row, over about a minute; then the person decides
  const STILL = 8000; // milliseconds without a byte: then it is said
  const STUCK = 60000; // then a piece is taken for lost; the server lets go of it by then
  const ASKING = 15000; // for a question without a clip
  const OFFLINE = 5000; // between looks whether a device is back that says it is offline
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
    // Bytes as the reader's language writes them: of a small file in kilobytes, or it were "0.0".
    const amounts = (sent, total) => {
      const [unit, size] = total < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
      const digits = size < 1e6 || total >= 1e7 ? 0 : 1;
      const shape = { minimumFractionDigits: digits, maximumFractionDigits: digits, roundingMode: "ceil", numberingSystem: "latn" };
      const written = (bytes, more) => new Intl.NumberFormat(document.documentElement.lang, { ...shape, ...more }).format(bytes / size);
      return { sent: written(sent), total: written(total, { style: "unit", unit }) };
    };
    const headers = () => JSON.parse(document.body.getAttribute("hx-headers"));
    const announce = (text) => { document.getElementById("announce").textContent = text; };
    const earlier = drop.parentElement.querySelector('[data-part="refused"]'); // what the last clip was refused for
    let file = null;
    let sending = null;
    let resuming = null; // the grant of an upload that broke off
    let arrived = null; // the grant of one that is all there
    let stopped = false;
    let wake = null; // ends a pause
    let quiet; // runs while nothing is heard
    let drops = null; // gives a piece up that is under way
    let broken = false; // whether the connection was why it ended
    const pause = async (time) => {
      await new Promise((go) => { wake = go; setTimeout(go, time); });
      if (stopped) throw "";
    };

    const tellStill = (text) => {
      part("still").hidden = !text;
      part("still").textContent = text;
    };
    const stands = () => {
      clearTimeout(quiet);
      if (!drop.isConnected) return;
      const text = navigator.onLine ? words.still : words.offline;
      if (part("still").textContent === text) return;
      tellStill(text);
      announce(text);
    };
    const moves = () => {
      clearTimeout(quiet);
      quiet = setTimeout(stands, STILL);
      if (part("still").hidden) return;
      tellStill("");
      announce(words.goesOn);
    };

    const chosen = (one) => { // preview.js shows it; its name is told on this page alone
      part("name").hidden = !one;
      part("name").textContent = one?.name ?? "";
      document.dispatchEvent(new CustomEvent("eyeball:chosen", { detail: one }));
    };
    const rest = () => {
      clearTimeout(quiet);
      tellStill("");
      part("progress").hidden = true;
      input.disabled = false;
      drop.classList.remove("sending");
    };
    const refuse = (text, again) => {
      rest();
      if (!again) chosen(null);
      input.value = ""; // whoever has mended the file chooses the same one again
      announce(""); // the refusal speaks for itself
      part("refusal").textContent = text;
      part("retry").hidden = !again;
      if (again) part("retry").focus();
    };
    const show = (sent) => {
      const percent = Math.floor((100 * sent) / file.size);
      bar.value = percent;
      part("words").textContent = fill(words.progress, { percent, ...amounts(sent, file.size) });
    };

    const request = (grant, body, headers, onProgress) => new Promise((done, failed) => {
      const asked = sending = new XMLHttpRequest();
      const lost = () => { failed(DROPPED); asked.abort(); };
      let stuck;
      const waits = () => {
        clearTimeout(stuck);
        if (grant.resumable) stuck = setTimeout(lost, body ? STUCK : ASKING);
      };
      drops = grant.resumable ? lost : null;
      asked.open(grant.method, grant.url);
      for (const [name, value] of Object.entries({ ...grant.headers, ...headers })) asked.setRequestHeader(name, value);
      asked.upload.addEventListener("progress", ({ loaded }) => { moves(); waits(); onProgress(loaded); });
      asked.addEventListener("loadend", () => { clearTimeout(stuck); drops = null; });
      asked.addEventListener("load", () => {
        moves();
        if (asked.status < 300) done(asked);
        else failed({ 403: EXPIRED, 410: REPLACED }[asked.status] ?? words.failed);
      });
      asked.addEventListener("error", () => failed(DROPPED));
      asked.addEventListener("abort", () => failed(""));
      waits();
      asked.send(body);
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
      show(offset);
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
          show(offset);
          if (why === "" || why === REPLACED || (navigator.onLine && ++tries > TRIES)) throw why;
          if (why === DROPPED) stands();
          if (why !== EXPIRED) await pause(navigator.onLine ? 500 * 2 ** tries : OFFLINE);
          [grant, offset] = await placeIn(grant).catch(() => [grant, offset]);
          resuming = grant;
        }
      }
      resuming = null;
    }

    async function put(grant) {
      if (grant.resumable) return putInPieces(grant);
      return request(grant, file.slice(0, file.size, ""), {}, (loaded) => show(Math.min(loaded, file.size)));
    }

    async function grantFor(bytes, again) {
      for (let turn = 0; turn < TURNS; turn++) {
        const asking = sending = new AbortController();
        drops = () => asking.abort(DROPPED);
        const late = setTimeout(drops, 2 * ASKING);
        const asked = await fetch(words.upload, {
          method: "POST",
          signal: asking.signal,
          headers: { ...headers(), "Content-Type": "application/json", "HX-Request": "true" },
          body: JSON.stringify({ bytes, again }),
        }).finally(() => { clearTimeout(late); drops = null; });
        moves();
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
        stands();
        await pause(500 * 2 ** tries);
      }
      throw DROPPED;
    }

    async function send() {
      stopped = broken = false;
      part("retry").hidden = part("progress").hidden = true;
      part("refusal").textContent = "";
      if (!file.size) return refuse(words.empty, false);
      if (file.size > Number(words.maxMegabytes) * 1e6) {
        return refuse(fill(words.tooLarge, { size: Math.ceil(file.size / 1e6), limit: words.maxMegabytes }), false);
      }
      part("progress").hidden = false;
      input.disabled = true;
      drop.classList.add("sending");
      show(arrived ? file.size : 0);
      announce(words.begun);
      moves();
      try {
        const grant = arrived ?? resuming ?? await grantFor(file.size, false);
        if (grant !== arrived) await put(grant);
        arrived = grant;
        announce(words.finishing);
        part("words").textContent = words.finishing;
        await tellDone(grant);
      } catch (why) {
        if (why === words.failed || stopped) resuming = arrived = null; // the server will not go on: begin anew
        broken = !stopped && (why === DROPPED || why instanceof TypeError); // as fetch says it
        if (stopped) rest();
        else if (why === REPLACED) refuse(words.replaced, false);
        else if (broken) refuse(fill(words.dropped, { percent: bar.value }), true);
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
      announce(words.stopped);
    });
    window.addEventListener("offline", () => { if (input.disabled) stands(); });
    window.addEventListener("online", () => {
      if (!drop.isConnected) return;
      if (!part("still").hidden) drops?.(); // an old connection seldom lives on
      wake?.();
      if (broken) send();
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

  // The cover screen is seldom seen, and may come at any time: its script comes with it.
  function fetchScript() {
    const address = document.querySelector("[data-script]")?.dataset.script;
    if (!address || document.querySelector(`script[src="${address}"]`)) return;
    document.head.append(Object.assign(document.createElement("script"), { src: address }));
  }

  const scan = () => {
    document.querySelectorAll("[data-upload]:not([data-ready])").forEach(enhance);
    fetchScript();
  };
  document.addEventListener("htmx:load", scan);
  scan();
}
