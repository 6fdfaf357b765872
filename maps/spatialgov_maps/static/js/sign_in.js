// The sign-in page: what stands behind # in its address tells the view that the reader comes back to. Only the browser
// knows it, and leads there from the address that a form is sent to.

const { hash } = location;
for (const form of document.forms) form.action += hash;
for (const link of document.querySelectorAll("header a.button")) /** @type {HTMLAnchorElement} */ (link).href += hash;
