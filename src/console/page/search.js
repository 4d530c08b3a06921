"use strict";
const search = document.querySelector("input");
const count = document.querySelector("output");
const roles = [...document.querySelectorAll("li")];
const accounts = [...document.querySelectorAll("section")];
function look() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const role of roles) {
    const text = (role.textContent + " " + role.closest("section").querySelector("h2").textContent).toLowerCase();
    role.hidden = !words.every((word) => text.includes(word));
    found += role.hidden ? 0 : 1;
  }
  for (const account of accounts) {
    account.hidden = account.querySelector("li:not([hidden])") === null;
  }
  count.value = found === roles.length ? "" : found + " of " + roles.length;
}
search.addEventListener("input", look);
search.addEventListener("keydown", (event) => {
  const first = document.querySelector("li:not([hidden]) a");
  if (event.key === "Enter" && search.value !== "" && first !== null) {
    first.click();
  }
});
search.hidden = false;
search.focus();
look();
