// Connecting an LMS: its administrator copies addresses, presses a button once, and closes the page.
// Spec: LTI Dynamic Registration 1.0, section 3.7: the page ends by telling the LMS that it may close it.
"use strict";
{
  const lms = window.opener ?? (window.parent === window ? null : window.parent);
  for (const button of document.querySelectorAll("[data-closes]")) {
    if (!lms) continue; // nobody would hear it: the page is a tab of its own
    button.hidden = false;
    button.addEventListener("click", () => {
      // To whoever shows us: the message says nothing but that.
      lms.postMessage({ subject: "org.imsglobal.lti.close" }, "*");
    });
  }

  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", () => {
      for (const button of form.querySelectorAll("button")) button.disabled = true;
    });
    window.addEventListener("pageshow", () => { // also after going back
      for (const button of form.querySelectorAll("button")) button.disabled = false;
    });
  }

  for (const button of document.querySelectorAll("[data-copies]")) {
    const text = document.querySelector(`[data-copied="${button.dataset.copies}"]`);
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent.trim());
        document.getElementById("announce").textContent = button.textContent = button.dataset.done ?? "✓";
      } catch {
        // A frame may not write to the clipboard: then it is marked, for the keyboard to copy.
        window.getSelection().selectAllChildren(text);
      }
    });
  }
}
