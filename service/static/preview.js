// Shows a chosen file to whoever chose it, out of this device's own memory, while it is sent, checked
// and masked. It sends nothing anywhere, and lets go of the file when the masked copy takes its place.
"use strict";
{
  const figure = document.getElementById("own-file");
  const part = (name) => figure.querySelector(`[data-part="${name}"]`);
  const [video, canvas, image] = ["video", "canvas", "img"].map((name) => figure.querySelector(name));
  const FIRST = "#t=0.001"; // seconds: without it Safari on a phone shows nothing before it plays
  const first = (target, name) => new Promise((there) => { target.addEventListener(name, there, { once: true }); });
  let address = null;

  const clear = () => {
    figure.hidden = video.hidden = part("picture").hidden = part("shown").hidden = part("unshown").hidden = true;
    video.pause();
    video.removeAttribute("src");
    image.removeAttribute("src");
    if (address) URL.revokeObjectURL(address);
    address = null;
  };

  // A container can be read whose pictures cannot: then there is a film without width.
  const plays = async () => {
    video.src = address + FIRST;
    await Promise.race([first(video, "loadedmetadata"), first(video, "error")]);
    return !video.error && video.videoWidth > 0;
  };

  // An animation begins by itself wherever it is shown, so its first picture stands for it.
  const rest = (still) => {
    image.hidden = still;
    canvas.hidden = !still;
    if (still) image.removeAttribute("src"); else image.src = address;
    figure.toggleAttribute("data-playing", !still);
    part("play").querySelector("span").textContent = still ? part("play").dataset.play : part("play").dataset.pause;
  };
  const draws = async (file) => {
    const picture = await createImageBitmap(file).catch(() => null);
    if (!picture) return false;
    [canvas.width, canvas.height] = [picture.width, picture.height];
    canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
    return true;
  };
  part("play").addEventListener("click", () => rest(!image.hidden));

  const show = async (file) => {
    const mine = address = URL.createObjectURL(file);
    const film = await plays();
    if (mine !== address) return;
    const picture = !film && await draws(file);
    if (mine !== address) return;
    video.hidden = !film;
    part("picture").hidden = !picture;
    if (!film) video.removeAttribute("src");
    if (picture) rest(true);
    part("shown").hidden = !(film || picture);
    part("unshown").hidden = film || picture;
    figure.hidden = false;
  };

  document.addEventListener("eyeball:chosen", ({ detail: file }) => {
    clear();
    if (file) show(file);
  });
  // What was seen last stands in for the masked copy, dimmed, until that can be seen or nothing comes
  // by itself: on a slow line there would be a black window.
  const standIn = (film) => {
    const seen = [video, canvas].find((one) => !one.hidden && !one.parentElement.hidden);
    if (figure.hidden || !seen || film.readyState >= 2) return;
    const still = document.createElement("canvas");
    [still.width, still.height] = [seen.videoWidth ?? seen.width, seen.videoHeight ?? seen.height];
    still.getContext("2d").drawImage(seen, 0, 0);
    still.className = "before";
    still.ariaHidden = "true";
    film.after(still);
    for (const name of ["loadeddata", "suspend", "error"]) film.addEventListener(name, () => still.remove());
  };

  // It stays while the clip is masked, and where a part of it or its pace is asked for. An observer
  // is told before anything is painted, so that a file and its masked copy are never seen together.
  const needed = (step) => step.dataset.step === "masking" || step.querySelector('[data-part="refused"] form');
  new MutationObserver((changes) => {
    const steps = changes.flatMap((change) => [...change.addedNodes]).filter((one) => one.dataset?.step);
    if (!steps.length || steps.some(needed)) return;
    for (const film of document.querySelectorAll(".stage video")) standIn(film);
    clear();
  }).observe(document.getElementById("attempt"), { childList: true, subtree: true });
}
