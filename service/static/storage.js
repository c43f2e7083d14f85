// LTI platform storage: keeps the state of a launch with the LMS where the browser keeps no cookie.
// Spec: LTI Client Side postMessages 0.1, LTI Platform Storage 0.1.
"use strict";
{
  const PATIENCE = 1500; // milliseconds; then the LMS is taken not to offer storage
  const page = document.getElementById("storage");
  const { mode, targetOrigin, frame, key, value, nextUrl } = page.dataset;

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

  async function put() {
    await ask({ subject: "lti.put_data", key, value }).catch(() => {});
    window.location.replace(nextUrl); // without storage a cookie may still do
  }

  async function get() {
    try {
      const answer = await ask({ subject: "lti.get_data", key });
      if (!answer.value) throw new Error("nothing kept");
      page.elements.proof.value = answer.value;
      page.submit();
    } catch {
      page.hidden = true;
      document.getElementById("otherwise").hidden = false;
    }
  }

  if (mode === "put") put();
  else get();
}
