"use strict";
// What was asked of the tool is done: its frame makes way for the course, as the link does.
window.top.location.assign(document.querySelector('a[target="_top"]').href);
