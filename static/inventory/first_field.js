// Browsers pass over autofocus where a link has led to the page: the field that asks for it gets it all the same.
if (document.activeElement === document.body) document.querySelector("#content [autofocus]")?.focus();
