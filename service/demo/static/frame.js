"use strict";
// What the tool in the frame may ask of this page: 1EdTech LTI Client Side postMessages 0.1 and
// LTI postMessage Storage 0.1, and the lti.frameResize that Canvas and others understand.
// Only the tool's origin is answered; what it stores lives as long as this page.

const frame = document.getElementById("tool");
const toolOrigin = new URL(frame.dataset.toolOrigin).origin;
const smallestHeight = 700;
const largestHeight = 20000;
const mostKeys = 500;
const longestValue = 4096;
const stores = new Map(); // origin -> Map of key to value

function storeOf(origin) {
  if (!stores.has(origin)) stores.set(origin, new Map());
  return stores.get(origin);
}

class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function checkKey(key) {
  if (typeof key !== "string" || key === "") throw new Refused("bad_request", "key has to be a text");
}

const answers = {
  "lti.capabilities": () => ({
    supported_messages: Object.keys(answers).map((subject) => ({ subject })),
  }),

  "lti.put_data": ({ key, value }, origin) => {
    checkKey(key);
    const store = storeOf(origin);
    if (value === null || value === undefined) {
      store.delete(key);
      return { key, value: null };
    }
    if (typeof value !== "string") throw new Refused("bad_request", "value has to be a text");
    if (value.length > longestValue || (store.size >= mostKeys && !store.has(key))) {
      throw new Refused("storage_exhaustion", "there is no room for this");
    }
    store.set(key, value);
    return { key, value };
  },

  "lti.get_data": ({ key }, origin) => {
    checkKey(key);
    return { key, value: storeOf(origin).get(key) ?? null };
  },

  "lti.frameResize": ({ height }) => {
    const pixels = Math.ceil(Number.parseFloat(height));
    if (!Number.isFinite(pixels)) throw new Refused("bad_request", "height has to be a number");
    const fitting = Math.min(Math.max(pixels, smallestHeight), largestHeight);
    frame.style.setProperty("height", `${fitting}px`);
    return { height: fitting };
  },
};

function answer(message, origin) {
  if (typeof message.message_id !== "string" && message.subject !== "lti.frameResize") {
    throw new Refused("bad_request", "message_id is missing");
  }
  if (!Object.hasOwn(answers, message.subject)) {
    throw new Refused("unsupported_subject", "this page does not know that subject");
  }
  return answers[message.subject](message, origin);
}

function read(data) {
  if (typeof data !== "string") return data;
  try {
    return JSON.parse(data); // tools send lti.frameResize as a string too
  } catch {
    return null;
  }
}

window.addEventListener("message", (event) => {
  if (event.origin !== toolOrigin || event.source === null) return;
  const message = read(event.data);
  if (typeof message?.subject !== "string" || !message.subject.startsWith("lti.")) return;
  if (message.subject.endsWith(".response")) return;
  const reply = { subject: `${message.subject}.response`, message_id: message.message_id };
  try {
    Object.assign(reply, answer(message, event.origin));
  } catch (error) {
    reply.error = { code: error.code ?? "bad_request", message: error.message };
  }
  event.source.postMessage(reply, event.origin);
});
