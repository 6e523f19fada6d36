"use strict";
// Keys, comments that were said before, and progress. Every page works without this file.

const typing = (target) => target.closest("input, textarea, select") !== null;
const decision = document.querySelector("form.decide");
let dirty = false;

function go(direction) {
  const link = document.querySelector(`a[data-key="${direction}"]`);
  if (link) return link.click();
  const people = [...document.querySelectorAll(".clusters a, .people a")];
  if (!people.length) return;
  const at = people.indexOf(document.activeElement);
  const next = direction === "next" ? Math.min(at + 1, people.length - 1) : Math.max(at - 1, 0);
  people[next].focus();
}

function focus(selector) {
  const field = document.querySelector(selector);
  if (!field) return;
  field.focus();
  if (field.select) field.select();
}

const KEYS = {
  j: () => go("next"),
  k: () => go("prev"),
  p: () => focus('form.decide [name="points"]'),
  c: () => focus('form.decide [name="comment"]'),
  "/": () => focus("#search"),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey && event.target.form?.matches("form.decide")) {
    event.preventDefault();
    event.target.form.requestSubmit(event.target.form.querySelector("button.main"));
  } else if (event.key === "Escape" && typing(event.target)) {
    event.target.blur();
  } else if (!event.ctrlKey && !event.altKey && !event.metaKey && !typing(event.target)) {
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
});

for (const offer of document.querySelectorAll(".offers button")) {
  offer.addEventListener("click", () => {
    const form = offer.closest("form");
    form.elements.comment.value = offer.dataset.comment;
    if (offer.dataset.points) form.elements.points.value = offer.dataset.points;
    dirty = true;
    form.elements.comment.focus();
  });
}

for (const form of document.querySelectorAll("form.decide")) {
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", () => { dirty = false; });
}
addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

const bar = document.getElementById("progress");

async function ask() {
  const answer = await fetch("/regrade/progress");
  const { running, done, all } = await answer.json();
  if (!running) return location.reload();
  bar.value = done;
  document.getElementById("count").value = `${done} / ${all}`;
  setTimeout(ask, 500);
}
if (bar) setTimeout(ask, 500);
