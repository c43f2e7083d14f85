// Sends a clip: asks for a grant, puts the bytes where the grant says, reports that it is done, and
// lets htmx show the answer. The file's name never leaves this computer.
"use strict";
{
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const megabytes = (bytes) => (bytes / 1024 / 1024).toFixed(bytes < 10485760 ? 1 : 0);

  function enhance(drop) {
    drop.dataset.ready = "";
    const part = (name) => drop.querySelector(`[data-part="${name}"]`);
    const input = drop.querySelector("input");
    const bar = drop.querySelector("progress");
    const words = drop.dataset;
    const headers = () => JSON.parse(document.body.getAttribute("hx-headers"));
    const announce = (text) => { document.getElementById("announce").textContent = text; };
    let file = null;
    let sending = null;

    const rest = () => { part("progress").hidden = true; input.disabled = false; };
    const refuse = (text, again) => {
      rest();
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

    const put = (grant) => new Promise((done, failed) => {
      let percent = 0;
      sending = new XMLHttpRequest();
      sending.open(grant.method, grant.url);
      for (const [name, value] of Object.entries(grant.headers)) sending.setRequestHeader(name, value);
      sending.upload.addEventListener("progress", ({ loaded }) => { percent = show(Math.min(loaded, file.size)); });
      sending.addEventListener("load", () => (sending.status < 300 ? done() : failed(words.failed)));
      sending.addEventListener("error", () => failed(fill(words.dropped, { percent })));
      sending.addEventListener("abort", () => failed(""));
      sending.send(file.slice(0, file.size, "")); // a slice carries no name and no type
    });

    async function send() {
      part("retry").hidden = part("progress").hidden = true;
      part("refusal").textContent = "";
      if (file.size > Number(words.maxMegabytes) * 1024 * 1024) {
        return refuse(fill(words.tooLarge, { size: Math.ceil(file.size / 1024 / 1024), limit: words.maxMegabytes }), false);
      }
      part("progress").hidden = false;
      input.disabled = true;
      show(0);
      announce(words.begun);
      try {
        const asked = await fetch(words.upload, {
          method: "POST",
          headers: { ...headers(), "Content-Type": "application/json", "HX-Request": "true" },
          body: JSON.stringify({ bytes: file.size }),
        });
        if (asked.status >= 400 && asked.status < 500) {
          const page = new DOMParser().parseFromString(await asked.text(), "text/html");
          throw page.querySelector("[data-sentence]")?.textContent ?? words.failed;
        }
        if (!asked.ok) throw words.failed;
        const grant = await asked.json();
        await put(grant);
        announce(words.finishing);
        part("words").textContent = words.finishing;
        await htmx.ajax("POST", grant.done_url, { source: drop, target: "#attempt", swap: "innerHTML" });
        if (drop.isConnected) throw words.failed; // no answer came: the page says why
      } catch (why) {
        if (why === "") rest();
        else if (why instanceof TypeError) refuse(fill(words.dropped, { percent: 0 }), true); // fetch
        else refuse(typeof why === "string" ? why : words.failed, true);
      }
    }

    const take = (files) => { if (files.length && !input.disabled) { file = files[0]; send(); } };
    input.addEventListener("change", () => take(input.files));
    part("retry").addEventListener("click", send);
    part("stop").addEventListener("click", () => { sending?.abort(); input.value = ""; });
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
