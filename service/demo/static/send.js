"use strict";
// The form sends itself; without scripts its button does.
document.forms[0].submit();
