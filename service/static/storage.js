// LTI platform storage: keeps the state of a launch with the LMS where the browser keeps no cookie.
// Where neither keeps it, a new window is offered before the LMS's hint, which works once, is used.
// Spec: LTI Client Side postMessages 0.1, LTI Platform Storage 0.1.
"use strict";
{
  const PATIENCE = 1500; // milliseconds; then the LMS is taken not to offer storage
  const page = document.getElementById("storage");
  const { mode, targetOrigin, frame, key, value, nextUrl, keptUrl } = page.dataset;

  function ask(message) {
    const id = crypto.randomUUID();
    return new Promise((answered, failed) => {
      const lms = window.parent !== window ? window.parent : window.opener;
      const keeper = !frame || frame === "_parent" ? lms : lms.frames[frame];
      const listen = ({ origin, data }) => {
        if (origin !== targetOrigin || data?.message_id !== id) return;
        if (data.subject !== `${message.subject}.response`) return;
        window.removeEventListener("message", listen);
        if (data.error) failed(new Error(data.error.code));
        else answered(data);
      };
      window.addEventListener("message", listen);
      setTimeout(failed, PATIENCE, new Error("no answer"));
      keeper.postMessage({ ...message, message_id: id }, targetOrigin);
    });
  }

  function offerWindow() {
    page.hidden = true;
    document.getElementById("otherwise").hidden = false;
  }

  async function put() {
    const cookie = fetch(keptUrl).then((answer) => answer.json()).then(({ kept }) => kept);
    const stored = key ? ask({ subject: "lti.put_data", key, value }) : Promise.reject();
    const [byCookie, byFrame] = await Promise.allSettled([cookie, stored]);
    // Where the question itself failed, a cookie may still do.
    const returns = (byCookie.value ?? true) || byFrame.status === "fulfilled";
    if (returns) window.location.replace(nextUrl);
    else offerWindow();
  }

  async function get() {
    try {
      const answer = await ask({ subject: "lti.get_data", key });
      if (!answer.value) throw new Error("nothing kept");
      page.elements.proof.value = answer.value;
      page.submit();
    } catch {
      offerWindow();
    }
  }

  if (mode === "put") put();
  else get();
}
