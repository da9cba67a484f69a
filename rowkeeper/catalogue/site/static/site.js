"use strict";
// What the scripts of data hand over, and what every page does. Text from outside only ever becomes textContent.
const rowkeeper = {
  data: {},
  waiting: new Map(),
  take(name, value) {
    this.data[name] = value;
    for (const ready of this.waiting.get(name) ?? []) ready(value);
    this.waiting.delete(name);
  },
  when(name) {
    if (name in this.data) return Promise.resolve(this.data[name]);
    return new Promise((ready) => {
      this.waiting.set(name, [...(this.waiting.get(name) ?? []), ready]);
    });
  },
  takePeople(rows) { this.take("people", rows); },
  takeSearch(shards, contents, owners) { this.take("search", { shards: new Set(shards), contents, owners }); },
  takeWords(shard, terms) { this.take(`words/${shard}`, new Map(terms)); },
  takeText(file, passages) { this.take(`texts/${file}`, passages); },
  // Scripts load where fetch may not: from file:// pages.
  load(name) {
    if (!(name in this.data) && !document.querySelector(`script[data-name="${CSS.escape(name)}"]`)) {
      const script = document.createElement("script");
      script.src = `${document.body.dataset.root}data/${name}.js`;
      script.dataset.name = name;
      script.addEventListener("error", () => this.take(name, name.startsWith("words/") ? new Map() : []));
      document.head.append(script);
    }
    return this.when(name);
  },
  element(name, text, facts = {}) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(facts)) made.setAttribute(key, value);
    return made;
  },
  clock(seconds) {
    const whole = Math.floor(seconds), two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  },
  // What a form has, in the address of the page, so that a link leads to this view.
  readHash() { return new URLSearchParams(location.hash.slice(1)); },
  writeHash(form) {
    const chosen = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const hash = `#${chosen}`;
    if (hash !== (location.hash || "#")) history.replaceState(null, "", hash);
  },
  fill(form) {
    const chosen = this.readHash();
    for (const field of form.elements) if (field.name) field.value = chosen.get(field.name) ?? "";
  },
  isServed: location.protocol.startsWith("http"),
  // "12,40-60" or "": who is chosen?
  people(text) {
    const parts = text.split(",").map((part) => part.trim()).filter(Boolean);
    const spans = parts.map((part) => /^(\d+)\s*-\s*(\d+)$/.exec(part)).filter(Boolean);
    return (row) => !parts.length || parts.includes(row) || spans.some(([, first, last]) => {
      const number = /^\d+/.exec(row);
      return number && Number(number[0]) >= Number(first) && Number(number[0]) <= Number(last);
    });
  },
  // As the index folds (folding.py): lower case, without accents.
  bases: { ł: "l", đ: "d", ø: "o", ħ: "h", ŧ: "t", ı: "i", ς: "σ" },
  foldedSign(sign) {
    if (sign < "\x80") return sign.toLowerCase();
    const plain = sign.normalize("NFKC"), isOne = [...plain].length === 1;
    const [first, ...marks] = (isOne ? plain : sign).normalize("NFD");
    if (!marks.every((mark) => mark >= "\u0300" && mark <= "\u036f")) return sign.toLowerCase();
    const small = first.toLowerCase();
    return rowkeeper.bases[small] ?? small;
  },
  folded(text) { return Array.from(text, rowkeeper.foldedSign).join("").replace(/[\u0300-\u036f]/g, ""); },
};

document.querySelector("form[data-search]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = new FormData(event.target).get("q");
  location.href = `search.html#${new URLSearchParams({ q: words })}`;
});

// On paper nothing can be opened.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const one of closed) one.open = true;
});
addEventListener("afterprint", () => { for (const one of closed) one.open = false; });

if (rowkeeper.isServed) {
  const live = document.getElementById("live");
  const events = new EventSource("/events");
  events.onmessage = (event) => {
    live.textContent = event.data;
    live.hidden = !event.data;
  };
}
