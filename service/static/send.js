// A page whose one form is to be sent at once; its button does the same without script.
"use strict";
document.querySelector("form[data-send]")?.submit();
