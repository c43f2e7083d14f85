"use strict";
// LTI Dynamic Registration 1.0: the tool's page says that it is done, and we leave it.
const frame = document.getElementById("registration");
window.addEventListener("message", ({ source, data }) => {
  if (source !== frame.contentWindow || data?.subject !== "org.imsglobal.lti.close") return;
  window.location.assign("/admin/tools");
});
