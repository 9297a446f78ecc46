"use strict";
for (const person of document.querySelectorAll(".person")) {
  const figure = person.querySelector(".figure");
  const over = figure.querySelector(".over");
  const cursor = figure.querySelector(".cursor");
  const readout = figure.querySelector(".readout");
  const track = JSON.parse(person.querySelector("script").textContent);

  const nearest = (offset) => {
    let low = 0;
    let high = track.ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (track.ends[middle] < offset) low = middle + 1; else high = middle;
    }
    return low;
  };

  const lines = (i) => [
    ["emotion", track.said[i]],
    ["truth", track.truth[i] ?? "–"],
    ["confidence", track.confidence[i] === null ? "–" : `${Math.round(track.confidence[i])} %`],
    ...track.signals.map((s) => [s.title, s.at[i] === null ? "–" : `${s.at[i]} ${s.unit}`]),
  ];

  const show = (event) => {
    const box = over.getBoundingClientRect();
    const i = nearest(track.length * (event.clientX - box.left) / box.width);
    const left = box.width * track.ends[i] / track.length;
    cursor.hidden = readout.hidden = false;
    cursor.style.left = `${left}px`;
    const table = document.createElement("table");
    table.createCaption().textContent = `window ending ${new Date(track.start + track.ends[i]).toISOString().slice(11, 19)} UTC`;
    for (const [name, value] of lines(i)) {
      const row = table.insertRow();
      row.insertCell().textContent = name;
      row.insertCell().textContent = value;
    }
    readout.replaceChildren(table);
    const beside = left + 14 + readout.offsetWidth > box.width ? left - 14 - readout.offsetWidth : left + 14;
    readout.style.left = `${over.offsetLeft + Math.max(0, beside)}px`;
  };

  over.addEventListener("pointermove", show);
  over.addEventListener("pointerdown", show);
  over.addEventListener("pointerleave", () => { cursor.hidden = readout.hidden = true; });
}
